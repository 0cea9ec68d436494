/** What a picture is given: one of the classes, any number of them, or numbers. */
export type Task = 'single-label' | 'multi-label' | 'regression';
