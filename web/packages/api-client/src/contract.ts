import type { Me, Organisation, SignedIn, User } from './accounts.ts';
import type { Analysis } from './analysis.ts';
import type {
  CallDetail,
  CallJob,
  CallSummary,
  Deadline,
  Hold,
  Leg,
  Party,
  Receipt,
  RecordingSummary,
  Transcript,
  Waveform,
} from './calls.ts';
import type { components } from './gen/schema.ts';
import type {
  Announcement,
  AuditEntry,
  AuditVerification,
  Policy,
  Report,
  ReportSummary,
  Status,
} from './governance.ts';
import type { DialRoute, RouteTest } from './routes.ts';
import type {
  DemoCall,
  Device,
  Extension,
  LiveCall,
  LiveParty,
  PhoneSettings,
  Registration,
} from './telephony.ts';
import type { Trunk, TrunkDraft, TrunkNumber, TrunkServer, TrunkState } from './trunks.ts';

/**
 * Holds our types against the server's OpenAPI document (gen/schema.ts, made by `npm run types`). Ours say more (which strings a role
 * can be, whose id it is); every member that they name must be one that the server sends. A breach is an error of the type checker.
 */
type Schema = components['schemas'];
type Unknown<Ours, Server> = Exclude<keyof Ours, keyof Server>;

/** Members that we read and the server does not send: must be none. */
interface Breaches {
  me: Unknown<Me, Schema['Me']>;
  signedIn: Unknown<SignedIn, Schema['SignedIn']>;
  organisation: Unknown<Organisation, Schema['Organisation']>;
  user: Unknown<User, Schema['User']>;
  extension: Unknown<Extension, Schema['Extension']>;
  device: Unknown<Device, Schema['Device']>;
  phone: Unknown<PhoneSettings, Schema['Phone']>;
  phoneDevice: Unknown<PhoneSettings['devices'][number], Schema['PhoneDevice']>;
  registration: Unknown<Registration, Schema['Registration']>;
  route: Unknown<DialRoute, Schema['Route']>;
  routeTest: Unknown<RouteTest, Schema['RouteTest']>;
  liveCall: Unknown<LiveCall, Schema['LiveCall']>;
  liveParty: Unknown<LiveParty, Schema['LiveParty']>;
  demo: Unknown<DemoCall, Schema['DemoCall']>;
  summary: Unknown<CallSummary, Schema['CallSummary']>;
  detail: Unknown<CallDetail, Schema['CallDetail']>;
  party: Unknown<Party, Schema['CallParty']>;
  recording: Unknown<RecordingSummary, Schema['RecordingSummary']>;
  leg: Unknown<Leg, Schema['CallLeg']>;
  stats: Unknown<NonNullable<Leg['stats']>, Schema['LegStats']>;
  deadline: Unknown<Deadline, Schema['Deadline']>;
  hold: Unknown<Hold, Schema['Hold']>;
  job: Unknown<CallJob, Schema['CallJob']>;
  receipt: Unknown<Receipt, Schema['Receipt']>;
  waveform: Unknown<Waveform, Schema['Waveform']>;
  transcript: Unknown<Transcript, Schema['Transcript']>;
  turn: Unknown<Transcript['turns'][number], Schema['Turn']>;
  analysis: Unknown<Pick<Analysis, 'engine' | 'language' | 'provisional'>, Schema['Analysis']>;
  policy: Unknown<Policy, Schema['Policy']>;
  announcement: Unknown<Announcement, Schema['Announcement']>;
  audit: Unknown<AuditEntry, Schema['AuditEntry']>;
  verification: Unknown<AuditVerification, Schema['AuditVerification']>;
  reportSummary: Unknown<ReportSummary, Schema['ReportSummary']>;
  report: Unknown<Report, Schema['Report']>;
  status: Unknown<Status, Schema['Status']>;
  trunk: Unknown<Trunk, Schema['Trunk']>;
  trunkDraft: Unknown<TrunkDraft, Schema['TrunkWrite']>;
  trunkNumber: Unknown<TrunkNumber, Schema['TrunkNumber']>;
  trunkState: Unknown<TrunkState, Schema['TrunkState']>;
  trunkServer: Unknown<TrunkServer, Schema['TrunkServer']>;
}

/** An error here names what the server no longer sends. */
export type Contract = Breaches[keyof Breaches] extends never ? true : Breaches[keyof Breaches];
export const contract: Contract = true;
