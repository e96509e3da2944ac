export { type BuiltPlugin, buildPlugin } from "./project/build-plugin.js";
export { generateProject } from "./project/generate.js";
export { createProject, type NewProjectOptions } from "./project/new-project.js";
export { openProject, type Project } from "./project/project.js";
