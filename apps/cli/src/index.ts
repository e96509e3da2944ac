export { type FirstAccount, makeFirstAccount } from "./first-account.js";
export { type ProgramName, programFile, programWords, type ReadyProgram, startProgram } from "./processes.js";
export { type BuiltPlugin, buildPlugin } from "./project/build-plugin.js";
export { type GeneratedFile, generateProject } from "./project/generate.js";
export { createProject, type NewProjectOptions } from "./project/new-project.js";
export { openProject, type Project } from "./project/project.js";
