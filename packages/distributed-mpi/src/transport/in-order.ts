/** Passes tasks on in the order in which they are listed, however they get ready. */
export class InOrder<Task> {
  private readonly ready = new Set<Task>();
  private next = 0;

  constructor(
    private readonly tasks: readonly Task[],
    private readonly pass: (task: Task) => void,
  ) {}

  add(task: Task): void {
    this.ready.add(task);
    while (this.next < this.tasks.length && this.ready.delete(this.tasks[this.next]!)) {
      this.next++;
      this.pass(this.tasks[this.next - 1]!);
    }
  }
}
