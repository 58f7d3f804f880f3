/** Of one file. Nobody reads more at once, and finding out what and where each one is takes time. */
export const maxProblems = 100;
