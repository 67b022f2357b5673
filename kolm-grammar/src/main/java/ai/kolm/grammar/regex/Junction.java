package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.ANY_TEXT;
import static ai.kolm.grammar.regex.RegexAlgebra.EMPTY;
import static ai.kolm.grammar.regex.RegexAlgebra.EPSILON;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;

/** Normal forms of unions and intersections: flat, sorted, without what another part absorbs. */
final class Junction {
  private Junction() {}

  static int union(RegexAlgebra algebra, int[] parts) {
    int[] flat = flatten(algebra, parts, Kind.UNION);
    int size = 0;
    int[] classes = CodePoints.NONE;
    for (int part : flat) {
      if (part == ANY_TEXT) {
        return ANY_TEXT;
      }
      if (algebra.kind(part) == Kind.CLASS) {
        classes = CodePoints.union(classes, algebra.kids(part));
      } else if (part != EMPTY) {
        flat[size++] = part;
      }
    }
    flat = Arrays.copyOf(flat, size + 1);
    flat[size] = algebra.characters(classes);
    return finish(algebra, absorb(algebra, sorted(flat)), Kind.UNION);
  }

  static int intersection(RegexAlgebra algebra, int[] parts) {
    int[] flat = withOneRun(algebra, flatten(algebra, parts, Kind.INTERSECTION));
    dropLengths(algebra, flat);
    int size = 0;
    int[] classes = null;
    boolean epsilon = false;
    for (int part : flat) {
      if (part == EMPTY) {
        return EMPTY;
      }
      if (part == EPSILON) {
        epsilon = true;
      } else if (algebra.kind(part) == Kind.CLASS) {
        classes =
            classes == null
                ? algebra.kids(part)
                : CodePoints.intersect(classes, algebra.kids(part));
      } else if (part != ANY_TEXT) {
        flat[size++] = part;
      }
    }
    if (epsilon) {
      return onlyEpsilon(algebra, flat, size, classes != null);
    }
    if (classes != null) {
      int single = algebra.characters(classes);
      if (single == EMPTY) {
        return EMPTY;
      }
      flat = Arrays.copyOf(flat, size + 1);
      flat[size++] = single;
    }
    if (size == 0) {
      return ANY_TEXT;
    }
    int[] rest = sorted(Arrays.copyOf(flat, size));
    return contradicts(algebra, rest) ? EMPTY : finish(algebra, rest, Kind.INTERSECTION);
  }

  /** Makes one of all repeats of characters: their texts' lengths and characters are in each. */
  private static int[] withOneRun(RegexAlgebra algebra, int[] parts) {
    int runs = 0;
    int[] characters = CodePoints.ALL;
    int min = 0;
    int max = UNBOUNDED;
    int[] kept = new int[parts.length + 1];
    int size = 0;
    for (int part : parts) {
      if (Shapes.isRun(algebra, part)) {
        runs++;
        characters = CodePoints.intersect(characters, algebra.kids(algebra.first(part)));
        min = Math.max(min, algebra.second(part));
        max = Math.min(max, algebra.third(part));
      } else {
        kept[size++] = part;
      }
    }
    if (runs < 2) {
      return parts;
    }
    kept[size++] = min > max ? EMPTY : algebra.repeat(algebra.characters(characters), min, max);
    return Arrays.copyOf(kept, size);
  }

  /**
   * Drops what a repeat of any character says that the other parts say by their lengths: a pattern
   * that ends by itself long before its {@code maxLength} then has as many states as without it.
   */
  private static void dropLengths(RegexAlgebra algebra, int[] parts) {
    for (int i = 0; i < parts.length; i++) {
      int run = parts[i];
      if (algebra.kind(run) != Kind.REPEAT || algebra.first(run) != ANY) {
        continue;
      }
      int shortest = 0;
      int longest = UNBOUNDED;
      for (int k = 0; k < parts.length; k++) {
        shortest = k == i ? shortest : Math.max(shortest, algebra.lengths().shortest(parts[k]));
        longest = k == i ? longest : Math.min(longest, algebra.longest(parts[k]));
      }
      int min = shortest >= algebra.second(run) ? 0 : algebra.second(run);
      int max = longest <= algebra.third(run) ? UNBOUNDED : algebra.third(run);
      parts[i] = algebra.repeat(ANY, min, max);
    }
  }

  private static int onlyEpsilon(RegexAlgebra algebra, int[] parts, int size, boolean consumes) {
    boolean all = !consumes;
    for (int i = 0; i < size; i++) {
      all &= algebra.isNullable(parts[i]);
    }
    return all ? EPSILON : EMPTY;
  }

  /** Whether both a part and its complement are there. */
  private static boolean contradicts(RegexAlgebra algebra, int[] parts) {
    for (int part : parts) {
      if (algebra.kind(part) == Kind.NOT && Arrays.binarySearch(parts, algebra.first(part)) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Drops the empty text where another part has it, and joins repeats of the same part. */
  private static int[] absorb(RegexAlgebra algebra, int[] parts) {
    int size = 0;
    boolean otherNullable = false;
    for (int part : parts) {
      otherNullable |= part != EPSILON && algebra.isNullable(part);
    }
    for (int part : parts) {
      if ((part == EPSILON && otherNullable) || part == EMPTY) {
        continue;
      }
      if (size > 0 && joins(algebra, parts[size - 1], part)) {
        parts[size - 1] = join(algebra, parts[size - 1], part);
      } else {
        parts[size++] = part;
      }
    }
    return sorted(Arrays.copyOf(parts, size));
  }

  private static boolean joins(RegexAlgebra algebra, int a, int b) {
    return algebra.kind(a) == Kind.REPEAT
        && algebra.kind(b) == Kind.REPEAT
        && algebra.first(a) == algebra.first(b)
        && algebra.kind(algebra.first(a)) == Kind.CLASS
        && touches(algebra, a, b)
        && touches(algebra, b, a);
  }

  private static boolean touches(RegexAlgebra algebra, int a, int b) {
    return algebra.third(a) == UNBOUNDED || algebra.second(b) <= algebra.third(a) + 1;
  }

  private static int join(RegexAlgebra algebra, int a, int b) {
    return algebra.repeat(
        algebra.first(a),
        Math.min(algebra.second(a), algebra.second(b)),
        Math.max(algebra.third(a), algebra.third(b)));
  }

  private static int finish(RegexAlgebra algebra, int[] parts, Kind kind) {
    return switch (parts.length) {
      case 0 -> EMPTY;
      case 1 -> parts[0];
      default -> algebra.add(kind, 0, 0, 0, parts);
    };
  }

  private static int[] flatten(RegexAlgebra algebra, int[] parts, Kind kind) {
    int total = 0;
    for (int part : parts) {
      total += algebra.kind(part) == kind ? algebra.kids(part).length : 1;
    }
    int[] flat = new int[total];
    int size = 0;
    for (int part : parts) {
      if (algebra.kind(part) == kind) {
        for (int kid : algebra.kids(part)) {
          flat[size++] = kid;
        }
      } else {
        flat[size++] = part;
      }
    }
    return flat;
  }

  private static int[] sorted(int[] parts) {
    Arrays.sort(parts);
    int size = 0;
    for (int part : parts) {
      if (size == 0 || part != parts[size - 1]) {
        parts[size++] = part;
      }
    }
    return size == parts.length ? parts : Arrays.copyOf(parts, size);
  }
}
