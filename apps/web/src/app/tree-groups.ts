import type { Group, ServiceSummary } from "@msec/api-schema";

export interface TreeGroup {
  readonly name: string;
  readonly services: readonly ServiceSummary[];
}

export interface Tree {
  readonly favourites: readonly ServiceSummary[];
  readonly standard: readonly TreeGroup[];
  readonly external: readonly TreeGroup[];
}

export const fullName = (service: { readonly first: string; readonly second: string }) =>
  `${service.first}.${service.second}`;

/** Sorts services into the tree: favourites first, standard and external apart; a search leaves what matches its full name. */
export function buildTree(
  answer: { readonly groups: readonly Group[]; readonly services: readonly ServiceSummary[] },
  favourites: readonly string[],
  search: string,
): Tree {
  const word = search.trim().toLowerCase();
  const services = answer.services.filter((service) => fullName(service).toLowerCase().includes(word));
  const groupsOf = (kind: Group["kind"]) =>
    answer.groups
      .filter((group) => group.kind === kind)
      .map((group) => ({
        name: group.name,
        services: services
          .filter((service) => service.first === group.name)
          .sort((a, b) => a.second.localeCompare(b.second)),
      }))
      .filter((group) => word === "" || group.services.length > 0)
      .sort((a, b) => a.name.localeCompare(b.name));
  return {
    favourites: services.filter((service) => favourites.includes(fullName(service))),
    standard: groupsOf("standard"),
    external: groupsOf("external"),
  };
}
