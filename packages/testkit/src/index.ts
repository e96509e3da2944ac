export { freePort } from "./free-port.js";
export { type Mariadb, type MariadbOptions, mariadbMissing, startMariadb } from "./mariadb.js";
export {
  killProcess,
  type ProgramOptions,
  type ProgramResult,
  type RunningProgram,
  runProgram,
  startProgram,
} from "./program.js";
export { type Redis, redisMissing, startRedis } from "./start-redis.js";
export { startZookeeper, type Zookeeper, type ZookeeperOptions, zookeeperMissing } from "./start-zookeeper.js";
export { makeTempDirectory } from "./temp-directory.js";
export {
  makeTestAuthority,
  type TestAuthority,
  type TestCertificateOptions,
  writeTestCertificate,
} from "./test-authority.js";
export { TestScope } from "./test-scope.js";
export { waitUntil } from "./wait-until.js";
