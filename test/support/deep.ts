/** `npm run test:deep` (HA_NAT_DEEP=1) plays the full numbers; the normal run stays short. */
export const isDeep = process.env.HA_NAT_DEEP === "1";
