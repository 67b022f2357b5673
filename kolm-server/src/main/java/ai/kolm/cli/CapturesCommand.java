package ai.kolm.cli;

import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureId;
import ai.kolm.capture.CaptureReader;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.capture.CaptureStore;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.distill.Dataset;
import ai.kolm.journal.JournalInUseException;
import ai.kolm.json.Json;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code kolm capture} has recorded: looked at, exported, deleted. */
@Command(
    name = "captures",
    description = "Look at what kolm capture has recorded, export it, delete it.")
final class CapturesCommand {
  private static final int DEFAULT_ROWS = 50;
  private static final long DAY_MILLIS = 86_400_000L;
  private static final List<String> STATES =
      Stream.of(CaptureRecord.State.values())
          .map(state -> state.name().toLowerCase(Locale.ROOT))
          .toList();

  private final CommandContext context;

  CapturesCommand(CommandContext context) {
    this.context = context;
  }

  private CaptureHome home() {
    return CaptureSetup.home(context);
  }

  /** The namespaces meant: the one named, or all there are. */
  private List<String> namespaces(@Nullable String named) throws IOException {
    if (named != null) {
      home().namespace(named); // refuses what cannot be a name
      return List.of(named);
    }
    List<String> all = home().namespaces();
    if (all.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "no captures yet; kolm capture --provider openai --as TASK makes some");
    }
    return all;
  }

  private CaptureReader reader(String namespace) throws IOException {
    try {
      return CaptureReader.open(home(), namespace);
    } catch (CaptureException e) {
      throw CaptureSetup.refusal(e);
    }
  }

  @Command(name = "stats", description = "How much there is, of what, and what is missing.")
  int stats(
      @Option(names = "--namespace", paramLabel = "NS") @Nullable String namespace,
      @Option(names = "--json", description = "As JSON, a line per namespace.") boolean json)
      throws IOException {
    for (String name : namespaces(namespace)) {
      CaptureReader reader = reader(name);
      CaptureStats stats = new CaptureStats(reader.meta());
      stats.total(reader.scan(stats::add));
      if (json) {
        context.console().line(JsonLines.text(stats.json()));
      } else {
        stats.lines().forEach(context.console()::line);
      }
    }
    return ExitCode.OK.number();
  }

  @Command(name = "list", description = "One line per record, the newest last.")
  int list(
      @Option(names = "--namespace", paramLabel = "NS") @Nullable String namespace,
      @Option(
              names = "--state",
              paramLabel = "STATE",
              description = "complete, incomplete, error or truncated.")
          @Nullable String state,
      @Option(names = "--since", paramLabel = "WHEN", description = "A date, or an age: 2d, 12h.")
          @Nullable String since,
      @Option(names = "--limit", paramLabel = "N", description = "At most so many; 0: all.")
          @Nullable Integer limit,
      @Option(names = "--json", description = "Whole records, as JSON lines.") boolean json)
      throws IOException {
    long from = since == null ? 0 : time(since);
    if (state != null && !STATES.contains(state)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--state: expected %s, got \"%s\"".formatted(String.join(", ", STATES), state));
    }
    List<CaptureRecord> found = new ArrayList<>();
    int most = limit == null ? (json ? 0 : DEFAULT_ROWS) : limit;
    for (String name : namespaces(namespace)) {
      reader(name)
          .scan(
              record -> {
                boolean fits = state == null || record.state().equals(state);
                if (fits && record.time() >= from) {
                  found.add(record);
                }
              });
    }
    List<CaptureRecord> shown =
        most > 0 && found.size() > most ? found.subList(found.size() - most, found.size()) : found;
    if (json) {
      shown.forEach(record -> context.console().line(JsonLines.text(record.json())));
    } else {
      Table.print(
          context.console(),
          List.of("ID", "TIME", "STATE", "STATUS", "PROVIDER", "ROUTE"),
          shown.stream().map(CapturesCommand::row).toList());
    }
    return ExitCode.OK.number();
  }

  private static String[] row(CaptureRecord record) {
    return new String[] {
      record.id(),
      Instant.ofEpochMilli(record.time()).toString(),
      record.state(),
      Integer.toString(record.status()),
      record.text("provider"),
      record.text("route")
    };
  }

  /** A date, or how long ago. */
  private static long time(String text) {
    if (text.matches("[0-9]{1,5}[hd]")) {
      long count = Long.parseLong(text.substring(0, text.length() - 1));
      long unit = text.endsWith("d") ? DAY_MILLIS : DAY_MILLIS / 24;
      return System.currentTimeMillis() - count * unit;
    }
    try {
      return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new CommandException(
          ExitCode.REFUSED,
          "expected a date such as 2026-01-31, or an age such as 2d or 12h, got \"%s\""
              .formatted(text),
          e);
    }
  }

  @Command(
      name = "show",
      description = "A record, whole; at a terminal, what was replaced is underlined.")
  int show(@Parameters(paramLabel = "ID") String id) throws IOException {
    for (String name : namespaces(null)) {
      List<CaptureRecord> found = new ArrayList<>();
      reader(name)
          .scan(
              record -> {
                if (record.id().equals(id)) {
                  found.add(record);
                }
              });
      if (!found.isEmpty()) {
        CaptureRecord record = found.getFirst();
        boolean marks = context.console().styled();
        context.console().line(marks ? MarkedRecord.text(record) : PrettyJson.of(record.json()));
        return ExitCode.OK.number();
      }
    }
    throw new CommandException(ExitCode.NOT_FOUND, "no record \"%s\"".formatted(id));
  }

  @Command(name = "export", description = "Records as JSON lines: whole, or as training pairs.")
  int export(
      @Option(names = "--namespace", paramLabel = "NS", required = true) String namespace,
      @Option(
              names = "--format",
              paramLabel = "FORMAT",
              defaultValue = "kolm",
              description =
                  "kolm: whole records; openai: messages with the answer as the last one.")
          String format,
      @Option(names = "--out", paramLabel = "FILE", description = "Default: standard output.")
          @Nullable Path out)
      throws IOException {
    if (!format.equals("kolm") && !format.equals("openai")) {
      throw new CommandException(
          ExitCode.REFUSED, "--format: expected kolm or openai, got \"%s\"".formatted(format));
    }
    List<String> lines = new ArrayList<>();
    reader(namespace)
        .scan(
            record -> {
              Optional<Json> line =
                  format.equals("kolm") ? Optional.of(record.json()) : TrainingPair.of(record);
              line.ifPresent(json -> lines.add(JsonLines.text(json)));
            });
    if (out == null) {
      lines.forEach(context.console()::line);
    } else {
      Files.write(out, lines, StandardCharsets.UTF_8);
      context.console().tell("%,d records to %s".formatted(lines.size(), out));
    }
    return ExitCode.OK.number();
  }

  @Command(
      name = "delete",
      description = {
        "Delete a record, those before a date, or a whole namespace; asks first.",
        "No byte of them is left in the store when it is done."
      })
  int delete(
      @Parameters(arity = "0..1", paramLabel = "ID") @Nullable String id,
      @Option(names = "--namespace", paramLabel = "NS") @Nullable String namespace,
      @Option(names = "--before", paramLabel = "DATE") @Nullable String before,
      @Option(names = "--yes", description = "Do not ask.") boolean yes)
      throws IOException {
    if (id == null && namespace == null && before == null) {
      throw new CommandException(
          ExitCode.USAGE, "expected the id of a record, --namespace or --before");
    }
    if (id != null && !CaptureId.isId(id)) {
      throw new CommandException(
          ExitCode.REFUSED, "\"%s\" is no id of a record (cap_...)".formatted(id));
    }
    boolean whole = id == null && before == null;
    String what =
        id != null
            ? "record " + id
            : whole ? "all of namespace " + namespace : "what is older than " + before;
    if (!yes && !confirmed(what)) {
      throw new CommandException(ExitCode.REFUSED, "nothing was deleted");
    }
    long limit = before == null ? Long.MAX_VALUE : time(before);
    int deleted = 0;
    List<String> copies = new ArrayList<>();
    try (CaptureStore store = new CaptureStore(home(), CaptureStore.Options.DEFAULT)) {
      for (String name : namespaces(namespace)) {
        Set<String> gone = new HashSet<>();
        Predicate<CaptureRecord> which =
            record -> {
              boolean goes = id == null ? record.time() < limit : record.id().equals(id);
              if (goes) {
                gone.add(record.id());
              }
              return goes;
            };
        int removed = store.delete(name, which);
        if (whole) {
          store.delete(name);
          removed++;
          EvalRetention.forget(context, name);
        }
        deleted += removed;
        copies.addAll(copies(name, gone));
      }
    } catch (CaptureException e) {
      throw CaptureSetup.refusal(e);
    } catch (JournalInUseException e) {
      throw new CommandException(
          ExitCode.PREREQUISITE, e.getMessage() + "; stop it before deleting", e);
    }
    if (deleted == 0) {
      throw new CommandException(ExitCode.NOT_FOUND, "nothing matched");
    }
    context.console().tell("deleted " + what);
    copies.forEach(context.console()::tell);
    return ExitCode.OK.number();
  }

  /** Data sets are no part of the store: whoever deletes is told which of them to delete too. */
  private List<String> copies(String namespace, Set<String> records) throws IOException {
    Path root = context.home().root().resolve("datasets").resolve(namespace);
    return Dataset.having(root, records).stream()
        .map(directory -> "a data set has it too; delete that with: rm -r " + directory)
        .toList();
  }

  private boolean confirmed(String what) throws IOException {
    if (!context.console().terminals().in()) {
      throw new CommandException(
          ExitCode.REFUSED, "delete %s? There is nobody to ask; --yes says it".formatted(what));
    }
    context.console().err().print("delete " + what + "? [y/N] ");
    context.console().err().flush();
    int answer = new InputStreamReader(context.console().in(), StandardCharsets.UTF_8).read();
    return answer == 'y' || answer == 'Y';
  }

  @Command(name = "hold", description = "Keep a namespace: nothing of it is deleted.")
  int hold(
      @Parameters(paramLabel = "NS") String namespace,
      @Option(names = "--release", description = "End the hold.") boolean release)
      throws IOException {
    try (CaptureStore store = new CaptureStore(home(), CaptureStore.Options.DEFAULT)) {
      store.hold(namespace, !release);
    } catch (CaptureException e) {
      throw CaptureSetup.refusal(e);
    } catch (JournalInUseException e) {
      throw new CommandException(ExitCode.PREREQUISITE, String.valueOf(e.getMessage()), e);
    }
    context
        .console()
        .tell("%s is %s".formatted(namespace, release ? "no longer on hold" : "on hold"));
    return ExitCode.OK.number();
  }
}
