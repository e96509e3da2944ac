/** Policies that learn nothing. Both keep to the configured weights. */
import type { SimPolicy } from "./sim-policy.js";

const nothing = (): void => {};

export const randomPolicy: SimPolicy = {
  name: "random",
  about: "uniform by weight",
  openMachine: ({ weights, random }) => ({
    openProcess: (index) => {
      const draw = random("pick", index);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const pick = (): number => {
        let left = draw() * total;
        for (let slot = 0; slot < weights.length - 1; slot += 1) {
          left -= weights[slot]!;
          if (left < 0) return slot;
        }
        return weights.length - 1;
      };
      return { pick, report: nothing };
    },
  }),
};

export const roundRobinPolicy: SimPolicy = {
  name: "round robin",
  about: "smooth weighted rotation in each process, from a start of its own",
  openMachine: ({ weights, random }) => ({
    openProcess: (index) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const credit = [...weights];
      const pick = (): number => {
        let best = 0;
        for (let slot = 0; slot < weights.length; slot += 1) {
          credit[slot]! += weights[slot]!;
          if (credit[slot]! > credit[best]!) best = slot;
        }
        credit[best]! -= total;
        return best;
      };
      const start = Math.floor(random("pick", index)() * weights.length);
      for (let n = 0; n < start; n += 1) pick();
      return { pick, report: nothing };
    },
  }),
};
