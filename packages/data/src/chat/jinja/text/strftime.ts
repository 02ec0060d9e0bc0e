const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
]; // prettier-ignore

/**
 * Python's `strftime`, in English and local time, for the directives chat templates use. `%-d` and the like leave out
 * the zero.
 *
 * @throws Error for another directive.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)(.?)/gs, (directive, noZero: string, letter: string) => {
    const digits = (value: number, width: number) =>
      noZero ? String(value) : String(value).padStart(width, '0');
    switch (letter) {
      case 'Y':
        return String(date.getFullYear());
      case 'y':
        return digits(date.getFullYear() % 100, 2);
      case 'm':
        return digits(date.getMonth() + 1, 2);
      case 'B':
        return MONTHS[date.getMonth()]!;
      case 'b':
        return MONTHS[date.getMonth()]!.slice(0, 3);
      case 'd':
        return digits(date.getDate(), 2);
      case 'A':
        return DAYS[date.getDay()]!;
      case 'a':
        return DAYS[date.getDay()]!.slice(0, 3);
      case 'H':
        return digits(date.getHours(), 2);
      case 'I':
        return digits(date.getHours() % 12 || 12, 2);
      case 'M':
        return digits(date.getMinutes(), 2);
      case 'S':
        return digits(date.getSeconds(), 2);
      case 'p':
        return date.getHours() < 12 ? 'AM' : 'PM';
      case '%':
        return '%';
      default:
        throw new Error(`strftime_now does not know ${directive}`);
    }
  });
}
