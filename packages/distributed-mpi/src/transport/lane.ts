/** Begins tasks in the order in which they are added, a few at a time. */
export class Lane<Task> {
  private readonly waiting: Task[] = [];
  private next = 0;
  private running = 0;

  /** @param begin begins a task, and calls `done` when the next may begin. */
  constructor(
    private readonly width: number,
    private readonly begin: (task: Task, done: () => void) => void,
  ) {}

  get idle(): boolean {
    return this.running === 0;
  }

  add(task: Task): void {
    this.waiting.push(task);
    this.advance();
  }

  private advance(): void {
    while (this.running < this.width && this.next < this.waiting.length) {
      this.running++;
      const task = this.waiting[this.next]!;
      this.next++;
      this.begin(task, () => {
        this.running--;
        this.advance();
      });
    }
    if (this.next === this.waiting.length) {
      this.waiting.length = 0;
      this.next = 0;
    }
  }
}
