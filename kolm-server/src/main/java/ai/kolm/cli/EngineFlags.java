package ai.kolm.cli;

import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Setting.KernelChoice;
import ai.kolm.cli.settings.Settings;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of commands that run a model. */
final class EngineFlags {
  @Option(names = "--threads", paramLabel = "N", description = "Threads that compute.")
  private @Nullable String threads;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description = "Tokens that prompt and answer may have together.")
  private @Nullable String context;

  @Option(
      names = "--kernels",
      paramLabel = "NAME",
      description = "Arithmetic: auto, scalar, vector or emitted.")
  private @Nullable String kernels;

  @Option(
      names = "--prefix-cache",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Keep what a prompt has computed for those that start alike (the default).")
  private boolean prefixCache;

  @Option(
      names = "--deterministic",
      description = "The same bits whatever else runs (the default).")
  private boolean deterministic;

  @Option(
      names = "--fast-prompts",
      description = {
        "Round prompts, and texts to embed, to 8 bits where the processor is faster at that",
        "(AVX-512 with VNNI): answers may differ as with other engines, and depend on what",
        "else runs."
      })
  private boolean fastPrompts;

  /**
   * How to run the model. Where these are vector kernels and the module for them is not there, this
   * process is restarted with it: call this before reading input and writing output.
   */
  RunOptions options(CommandContext context) throws java.io.IOException {
    Settings settings = context.settings();
    RunOptions options = RunOptions.DEFAULT.withPrefixCache(prefixCache);
    if (fastPrompts && deterministic) {
      throw new CommandException(
          ExitCode.REFUSED, "--fast-prompts and --deterministic exclude each other");
    }
    if (fastPrompts) {
      options = options.withFastPrompts();
    }
    OptionalInt threadCount = settings.get(Setting.THREADS, threads, "--threads");
    if (threadCount.isPresent()) {
      options = options.withThreads(threadCount.getAsInt());
    }
    OptionalInt length = settings.get(Setting.CONTEXT, this.context, "--ctx");
    if (length.isPresent()) {
      options = options.withContextLength(length.getAsInt());
    }
    KernelChoice choice = settings.get(Setting.KERNELS, kernels, "--kernels");
    if (choice != KernelChoice.AUTO) {
      options = options.withKernels(choice.name().toLowerCase(Locale.ROOT));
    }
    if (options.wantsVectorModule()) {
      context.restart().withVectorApi();
    }
    return options;
  }
}
