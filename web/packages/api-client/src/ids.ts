/** Branded identifiers: a call's id cannot be given where an extension's is wanted. All are UUID text on the wire. */
type Brand<Name extends string> = string & { readonly __brand: Name };

export type OrganisationId = Brand<'OrganisationId'>;
export type UserId = Brand<'UserId'>;
export type ExtensionId = Brand<'ExtensionId'>;
export type DeviceId = Brand<'DeviceId'>;
export type RouteId = Brand<'RouteId'>;
export type TrunkId = Brand<'TrunkId'>;
export type CallId = Brand<'CallId'>;
export type HoldId = Brand<'HoldId'>;
export type ReceiptId = Brand<'ReceiptId'>;
export type ReportId = Brand<'ReportId'>;

/** RFC 3339 UTC. */
export type Timestamp = string;

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
