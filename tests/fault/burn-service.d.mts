import type { MessageType, MethodType } from "@msec/protocol";

type BurnMessage = MessageType<{ costUs: number }, { costUs: number }>;

export declare const BurnService: {
  readonly typeName: string;
  readonly methods: { readonly Burn: MethodType<BurnMessage, BurnMessage> };
};
