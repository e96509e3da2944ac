/** Tuning of health and picking. The defaults fit calls of 1 ms to 1 s. */
export interface BalancerSettings {
  /** Candidates compared by `adaptive`. More send less to slow instances and herd more. */
  readonly sampleCount: number;
  /** First ejection; each repeat doubles it. */
  readonly ejectBaseMs: number;
  readonly ejectMaxMs: number;
  /** Failures in a row that eject. A refused connection ejects at once. */
  readonly ejectAfterFailures: number;
  /** Success ratio of the window below which an instance is ejected, given at least `minWindowCalls`. */
  readonly minSuccessRatio: number;
  readonly minWindowCalls: number;
  readonly windowMs: number;
  /** A streak is forgotten when the last ejection is this old. */
  readonly streakForgetMs: number;
  /** A trial whose caller never reported is given to another one after this. */
  readonly trialTimeoutMs: number;
  /** Time from `rampMinShare` of its share to all of it, after an ejection and for new instances. */
  readonly rampMs: number;
  readonly rampMinShare: number;
  /** How long the view of who is ejected may be old. Chosen candidates are checked in any case. */
  readonly rescanMs: number;
  /** Idle time that halves a remembered latency, so that a slow instance is looked at again. */
  readonly idleHalvingMs: number;
  /** `consistent hash`: an instance with more than this times the average load passes the call on. */
  readonly boundedLoad: number;
}

export const DEFAULT_SETTINGS: BalancerSettings = {
  sampleCount: 2,
  ejectBaseMs: 1_000,
  ejectMaxMs: 30_000,
  ejectAfterFailures: 3,
  minSuccessRatio: 0.6,
  minWindowCalls: 10,
  windowMs: 10_000,
  streakForgetMs: 60_000,
  trialTimeoutMs: 10_000,
  rampMs: 10_000,
  rampMinShare: 0.1,
  rescanMs: 20,
  idleHalvingMs: 2_000,
  boundedLoad: 1.25,
};
