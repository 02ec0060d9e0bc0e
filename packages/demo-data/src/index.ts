/**
 * Data sets that are made from a seed, the same on every machine: little stories with questions about them, and drawn digits
 * and letters. For first runs, examples and tests.
 *
 * @packageDocumentation
 */
export { drawnDigits, drawnLetters, type DrawnImagesOptions } from './drawings/drawn-images.js';
export {
  generateStories,
  storyCorpus,
  type Story,
  type StoryFacts,
  type StoryOptions,
} from './stories/generate.js';
export { gradeStory, type StoryGrade } from './stories/grade.js';
export { questionAnswerExamples } from './stories/questions.js';
export { slots, type Slot, type StoryEvent } from './stories/slots.js';
