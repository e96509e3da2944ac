/** Who may import whom. A row changes by an ADR in docs/adr. */
const table = {
  core: [],
  protocol: ["core"],
  "api-schema": ["core"],
  balancer: ["core", "protocol"],
  shm: ["core", "protocol"],
  net: ["core"],
  sql: ["core"],
  naming: ["core", "protocol", "net", "sql"],
  "naming-zookeeper": ["core", "protocol", "net", "sql", "naming"],
  rpc: ["core", "protocol", "net"],
  telemetry: ["core", "protocol", "net", "shm"],
  idl: ["core", "protocol"],
  link: ["core", "protocol"],
  "monitor-server": ["core", "protocol", "net", "sql"],
  "log-server": ["core", "protocol", "net", "sql"],
  daemon: ["core", "net", "telemetry"],
  sdk: ["core", "protocol", "net", "rpc", "balancer", "shm", "telemetry"],
};
const apps = {
  agent: ["core", "protocol", "net", "link", "balancer", "shm", "naming", "telemetry", "rpc", "daemon"],
  console: [
    "core",
    "api-schema",
    "protocol",
    "net",
    "link",
    "sql",
    "naming",
    "naming-zookeeper",
    "idl",
    "rpc",
    "telemetry",
    "monitor-server",
    "log-server",
    "daemon",
  ],
  web: ["core", "api-schema"],
  cli: ["core", "api-schema", "balancer", "daemon", "idl", "naming", "naming-zookeeper", "rpc", "shm", "protocol"],
};
const tests = "(\\.(test|contract|bench)\\.tsx?|-fixture\\.ts)$|^apps/[^/]+/src/testing/";
const rule = (group, name, may) => ({
  name: `only:${name}`,
  severity: "error",
  comment: `${group}/${name} may import: ${may.join(", ") || "nothing of ours"}`,
  from: { path: `^${group}/${name}/src`, pathNot: tests },
  to: { path: "^(packages|apps)/", pathNot: [`^${group}/${name}/`, ...may.map((p) => `^packages/${p}/`)] },
});

module.exports = {
  forbidden: [
    ...Object.entries(table).map(([name, may]) => rule("packages", name, may)),
    ...Object.entries(apps).map(([name, may]) => rule("apps", name, may)),
    { name: "no-cycles", severity: "error", from: { path: "^(packages|apps)/" }, to: { circular: true } },
    {
      name: "pure",
      severity: "error",
      comment: "core, protocol, balancer and api-schema run in browsers too: no node: modules",
      from: { path: "^packages/(core|protocol|balancer|api-schema)/src", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "by-name-only",
      severity: "error",
      comment: "cross a package by its name, never by ../..; contract suites are no part of a package and have no name",
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^(packages|apps)/", pathNot: ["^$1/$2/", "\\.contract\\.ts$"], dependencyTypes: ["local"] },
    },
    {
      name: "undeclared",
      severity: "error",
      comment: "an import missing from the package's own package.json",
      from: { path: "^(packages|apps)/", pathNot: [tests, "vite\\.config\\.ts$"] },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: { path: "^(packages|apps)/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.tests.json" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["msec-source", "import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".json"],
    },
  },
};
