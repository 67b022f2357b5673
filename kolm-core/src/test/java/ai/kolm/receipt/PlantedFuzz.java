package ai.kolm.receipt;

/** The canary: a reader of receipts with a planted fault, which a fuzzer has to find. */
public final class PlantedFuzz {
  private PlantedFuzz() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    Receipt receipt = ReceiptFuzz.payload(input);
    if (receipt != null && receipt.number("status").orElse(200) > 599) {
      throw new IllegalStateException("the planted fault");
    }
  }
}
