package ai.kolm.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import org.junit.jupiter.api.Test;

/** The structure that docs/architecture.md describes, held by the build over all modules. */
class ArchitectureTest {
  private static final String KERNELS = "ai.kolm.kernels..";

  /** Read once for all tests: that takes ten seconds. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("test-classes"))
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("ai.kolm");

  @Test
  void allModulesAreSeen() {
    for (String name :
        new String[] {
          "ai.kolm.weights.GgufFile", "ai.kolm.grammar.Grammar", "ai.kolm.kernels.VectorKernels"
        }) {
      assertTrue(CLASSES.contain(name), name);
    }
  }

  @Test
  void noArrowPointsUpward() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .optionalLayer("command line")
        .definedBy("ai.kolm.cli..")
        .optionalLayer("server")
        .definedBy("ai.kolm.server..")
        .layer("benchmark")
        .definedBy("ai.kolm.bench..")
        .layer("training")
        .definedBy("ai.kolm.training..")
        .layer("chat")
        .definedBy("ai.kolm.chat..", "ai.kolm.embedding..")
        .layer("engine")
        .definedBy("ai.kolm.engine..")
        .layer("sampling")
        .definedBy("ai.kolm.sampling..")
        .layer("model")
        .definedBy("ai.kolm.model..")
        .layer("kernels")
        .definedBy(KERNELS)
        .layer("grammar")
        .definedBy("ai.kolm.grammar..")
        .layer("data and text")
        .definedBy(
            "ai.kolm.artifact..",
            "ai.kolm.json..",
            "ai.kolm.prompt..",
            "ai.kolm.source..",
            "ai.kolm.tensor..",
            "ai.kolm.tokenizer..",
            "ai.kolm.weights..")
        .whereLayer("command line")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("server")
        .mayOnlyBeAccessedByLayers("command line")
        .whereLayer("benchmark")
        .mayOnlyBeAccessedByLayers("command line")
        .whereLayer("training")
        .mayOnlyBeAccessedByLayers("command line", "server")
        .whereLayer("chat")
        .mayOnlyBeAccessedByLayers("command line", "server")
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("command line", "server", "chat")
        .whereLayer("model")
        .mayOnlyBeAccessedByLayers(
            "command line", "benchmark", "training", "chat", "engine", "sampling")
        .whereLayer("kernels")
        .mayOnlyBeAccessedByLayers("model", "benchmark", "training", "chat")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("ai.kolm.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyUpstreamOpensConnections() {
    noClasses()
        .that()
        .resideOutsideOfPackage("ai.kolm.upstream..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.net.http..")
        .because("what calls providers is to be seen at one place")
        .check(CLASSES);
  }

  @Test
  void theVectorApiIsConfinedToTheKernels() {
    noClasses()
        .that()
        .resideOutsideOfPackage(KERNELS)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .because("a JVM without the module must be able to load everything else")
        .check(CLASSES);
  }

  @Test
  void lanesAreSummedInAFixedOrder() {
    DescribedPredicate<JavaAccess<?>> reducesFloats =
        DescribedPredicate.describe(
            "FloatVector.reduceLanes",
            access ->
                access.getName().startsWith("reduceLanes")
                    && access.getTargetOwner().getName().contains("FloatVector"));
    noClasses()
        .should()
        .accessTargetWhere(reducesFloats)
        .because("its result changes when the compiler takes over; store the lanes and add them")
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLineUsesStandardStreamsAndExits() {
    ArchRule streams = GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
    JavaClasses library =
        CLASSES.that(
            DescribedPredicate.describe(
                "outside the command line",
                type -> !type.getPackageName().startsWith("ai.kolm.cli")));
    streams.check(library);
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .because("a library does not end its application's process")
        .check(library);
  }

  /** The rules look at real bytecode: this one is broken on purpose. */
  @Test
  void aBrokenRuleIsFound() {
    ArchRule wrong =
        noClasses()
            .that()
            .resideInAPackage(KERNELS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator..");
    assertThrows(AssertionError.class, () -> wrong.check(CLASSES));
  }
}
