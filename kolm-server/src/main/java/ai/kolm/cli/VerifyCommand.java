package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.trust.Signer;
import ai.kolm.trust.VerificationReport;
import ai.kolm.trust.VerificationReport.Check;
import ai.kolm.trust.VerificationReport.Status;
import ai.kolm.trust.VerificationReport.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verifies an artifact: container, signatures, manifest, and every byte of every entry. */
@Command(
    name = "verify",
    description = {
      "Verify an artifact: container, signatures, manifest, every byte.",
      "Ends with 0 if the policy accepts it, with 2 if not."
    })
final class VerifyCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Parameters(paramLabel = "X", description = "An artifact.")
  private String model = "";

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  VerifyCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Path file = new ModelOpener(context).path(model);
    VerificationReport report;
    long size = Math.max(1, Files.size(file));
    try (Progress progress = Progress.of(context.console(), "verifying", size)) {
      int threads = Runtime.getRuntime().availableProcessors();
      // Headers and padding are not hashed: the bar is to reach its end all the same.
      report =
          trust
              .gate(context)
              .verify(file, threads, (done, all) -> progress.at(size * done / Math.max(1, all)));
    }
    if (json) {
      context.console().line(JsonLines.text(report.toJson()));
    } else {
      show(file, report);
    }
    return (report.accepted() ? ExitCode.OK : ExitCode.GATE_FAILED).number();
  }

  private void show(Path file, VerificationReport report) {
    Console console = context.console();
    String verdict = report.verdict().id().toUpperCase(Locale.ROOT).replace('-', ' ');
    String code = report.code().map(id -> " " + id).orElse("");
    console.line("%s: %s%s".formatted(report.file(), console.bold(verdict), code));
    report.cid().ifPresent(cid -> console.line("  " + cid));
    for (Signer signer : report.signers()) {
      console.line(
          "  signed by %s %s%s"
              .formatted(
                  signer.keyId(),
                  signer.status().id(),
                  signer.name().map(name -> " (" + name + ")").orElse("")));
    }
    for (Check check : report.checks()) {
      if (check.status() == Status.FAIL) {
        console.line("  %s: %s".formatted(check.where(), check.what()));
        if (!check.expected().isEmpty() || !check.actual().isEmpty()) {
          console.line("  expected %s   actual %s".formatted(check.expected(), check.actual()));
        }
      } else if (check.status() == Status.PASS) {
        console.line("  ok  %-10s  %s".formatted(check.id(), check.what()));
      }
    }
    if (report.verdict() == Verdict.UNKNOWN_SIGNER) {
      console.line("  to trust who signed it: kolm keys trust --from " + file);
    }
  }
}
