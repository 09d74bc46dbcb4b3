import { gunzipSync, unzipSync } from "fflate";
import { tarball, zip } from "../../../scripts/build/archive";
import { writeOutKeys } from "../../../scripts/build/sdk-schemas";

const entry = (name: string, text: string, executable = false) => ({ name, bytes: Buffer.from(text), executable });
const forth = [entry("a", "1"), entry("bin/b", "2", true)];

/** Runs with another time zone, in which a zip's local times would differ. */
function inTimeZone<T>(zone: string, work: () => T): T {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test("a zip's bytes follow from names and contents, not from order, time or time zone", () => {
  const [east, west] = ["Pacific/Kiritimati", "Pacific/Pago_Pago"].map((zone) => inTimeZone(zone, () => zip(forth)));

  expect(Buffer.from(east ?? []).equals(west ?? Buffer.of(0))).toBe(true);
  expect(Buffer.from(zip([...forth].reverse())).equals(zip(forth))).toBe(true);
  expect(Buffer.from(zip([entry("a", "other")])).equals(zip([entry("a", "1")]))).toBe(false);
  expect(Object.keys(unzipSync(zip(forth)))).toEqual(["a", "bin/b"]);
});

test("a tarball's bytes follow from names and contents; scripts are executable, all belongs to root", async () => {
  const bytes = await tarball(forth);
  const tar = Buffer.from(gunzipSync(bytes));

  expect(Buffer.from(await tarball([...forth].reverse())).equals(bytes)).toBe(true);
  expect(tar.subarray(100, 107).toString()).toBe("000644 ");
  expect(tar.subarray(1024 + 100, 1024 + 107).toString()).toBe("000755 ");
  expect(tar.subarray(265, 269).toString()).toBe("root");
});

test("keys of SDK schemas are written out when they are constants of the file, and left alone otherwise", () => {
  const source = 'const _xN = "xmlName";\nexport var A$ = [{ [_xN]: _xN, [_other]: 1 }];';

  expect(writeOutKeys(source)).toBe('const _xN = "xmlName";\nexport var A$ = [{ "xmlName": _xN, [_other]: 1 }];');
});
