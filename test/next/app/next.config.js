// Wherever this app was put, Next is not to take a lockfile further up for the root of the project.
export default { turbopack: { root: import.meta.dirname } };
