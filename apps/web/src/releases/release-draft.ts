/** What a person has chosen for a release so far. */
export interface ReleaseDraft {
  readonly pluginTag: string;
  readonly configTag: string;
  readonly idlTag?: string | undefined;
  readonly addresses: readonly string[];
  readonly memo?: string | undefined;
}
