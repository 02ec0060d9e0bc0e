export { generateStories, storyCorpus, type Story, type StoryFacts, type StoryOptions } from './generate.js';
export { gradeStory, type StoryGrade } from './grade.js';
export { questionAnswerExamples } from './questions.js';
export { slots, type Slot, type StoryEvent } from './slots.js';
