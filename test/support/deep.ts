/** `npm run test:deep` (HA_NAT_DEEP=1) plays the full numbers; the normal run stays short. */
export const isDeep = process.env.HA_NAT_DEEP === "1";

/** For the title of a test of the deep run only: why it is skipped elsewhere. */
export const unlessDeep = isDeep ? "" : " (skipped: npm run test:deep)";
