/** Tuning of health and picking. The defaults fit calls of 1 ms to 1 s; how they were found: docs/reference/fault-tolerance.md. */
export interface BalancerSettings {
  /** Candidates compared by `adaptive`. More send less to slow instances and herd more. */
  readonly sampleCount: number;
  /** Candidates compared as long as the best of them is under suspicion of failing. */
  readonly suspectSampleCount: number;
  /** A later candidate replaces an earlier one when its cost is below this part of the other's. */
  readonly advantage: number;

  /** Evidence in nats that ejects: how much better "it fails more than the others" explains the outcomes than chance does. */
  readonly evidenceToEject: number;
  /** Share of failing calls that is taken as usual even where none fail. */
  readonly usualFailureRatio: number;
  /** Share of failing calls that makes an outlier, and how many times the others' share it is at least. */
  readonly outlierFailureRatio: number;
  readonly outlierFactor: number;
  /** Of the members, how many may be out for failing calls. Others under suspicion count, too: then it is not one instance's fault. */
  readonly maxEjectedShare: number;
  /** The same for one that still serves some of its calls. */
  readonly maxFailingShare: number;
  /** So many failures in a row are taken as serving none. */
  readonly deadAfterFailures: number;
  /** First ejection; each repeat doubles it. */
  readonly ejectBaseMs: number;
  readonly ejectMaxMs: number;
  /** So long after the last ejection less evidence ejects again. */
  readonly probationMs: number;
  /** A streak is forgotten when the last ejection is this old. */
  readonly streakForgetMs: number;
  /** A trial whose caller never reported is given to another one after this. */
  readonly trialTimeoutMs: number;

  /** Time from `rampMinShare` of its share to all of it, after an ejection. */
  readonly rampMs: number;
  /** The same for instances that are new here. */
  readonly warmUpMs: number;
  readonly rampMinShare: number;

  /** How long counts of successes and failures matter. */
  readonly windowMs: number;
  /** Time after which an average latency is about the samples since. */
  readonly latencyTauMs: number;
  /** Least weight of a sample in that average. */
  readonly latencyMinGain: number;
  /** By so much of the usual latency averages differ by chance; only what is beyond counts. */
  readonly latencyChance: number;
  /** Time without calls, or failures, that halves what a remembered latency, or suspicion, is above the usual: to look at it again. */
  readonly idleHalvingMs: number;
  /** What it is worth to avoid an instance under the full suspicion that ejects, in usual calls waited for. */
  readonly suspicionPenalty: number;
  /** Cost of an instance that refuses all calls as busy, as a multiple. */
  readonly busyPenalty: number;
  readonly busyHalvingMs: number;

  /** How long the view of costs and of who is ejected may be old. */
  readonly rescanMs: number;

  /** `consistent hash`: an instance with more than this times the average load passes the call on. */
  readonly boundedLoad: number;
  /** Near instances take all calls of this machine as long as this times their share in use is at least 1. */
  readonly nearOverprovision: number;
  /** Costs of near instances as a multiple of farther ones': from here on calls spill over, from there on all are shared. */
  readonly nearSpillFrom: number;
  readonly nearSpillAll: number;
}

export const DEFAULT_SETTINGS: BalancerSettings = {
  sampleCount: 4,
  suspectSampleCount: 8,
  advantage: 0.92,
  evidenceToEject: 8,
  usualFailureRatio: 0.02,
  outlierFailureRatio: 0.15,
  outlierFactor: 3,
  maxEjectedShare: 0.5,
  maxFailingShare: 0.34,
  deadAfterFailures: 10,
  ejectBaseMs: 1_000,
  ejectMaxMs: 4_000,
  probationMs: 12_000,
  streakForgetMs: 60_000,
  trialTimeoutMs: 10_000,
  rampMs: 3_000,
  warmUpMs: 8_000,
  rampMinShare: 0.1,
  windowMs: 10_000,
  latencyTauMs: 500,
  latencyMinGain: 1 / 64,
  latencyChance: 0.15,
  idleHalvingMs: 1_500,
  suspicionPenalty: 0.82,
  busyPenalty: 20,
  busyHalvingMs: 1_000,
  rescanMs: 20,
  boundedLoad: 1.25,
  nearOverprovision: 1.4,
  nearSpillFrom: 1.5,
  nearSpillAll: 3,
};
