package ai.kolm.kernels;

import ai.kolm.kernels.x86.CodeSpace;
import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Routine;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Optional;

/**
 * Kernels as machine code that is assembled when it is first called ({@link EmittedCode}): no
 * warm-up, no module, and instructions that Java has no words for. Norms, gates and attention give
 * the bits of the scalar kernels; {@link EmittedProduct} says how products differ.
 *
 * <p>Machine code checks nothing, so its callers check that what they point to is there.
 */
public final class EmittedKernels extends TiledKernels {
  private final EmittedCode code;
  private final MemorySegment constants;
  private final Parameters[] parameters;
  private final EmittedPacker packer;
  private final EmittedProduct product;
  private final EmittedEncoderRows encoderRows;
  private final ByteProduct byteProduct;
  private final boolean fastPrompts;

  /**
   * @param arena for scratch memory
   * @param features at least AVX2
   * @param space where machine code goes
   * @param fastPrompts whether products of many rows may round activations to 8 bits, or, with AMX,
   *     both factors to bfloat16
   */
  public EmittedKernels(
      WorkerPool pool, Arena arena, CpuFeatures features, CodeSpace space, boolean fastPrompts) {
    super(pool, arena);
    if (!features.avx2()) {
      throw new IllegalArgumentException("emitted kernels need AVX2");
    }
    this.fastPrompts = fastPrompts && features.vnni();
    code = new EmittedCode(features, space, this.fastPrompts);
    constants = Constants.table(arena);
    parameters = new Parameters[pool.size()];
    Arrays.setAll(parameters, _ -> new Parameters(arena));
    packer = new EmittedPacker(code, pool, arena, parameters);
    product = new EmittedProduct(pool, arena, code, constants, parameters, this.fastPrompts);
    encoderRows = new EmittedEncoderRows(arena, code, constants, parameters);
    byteProduct = new ByteProduct(pool, arena, code, encoderRows, constants, parameters);
  }

  @Override
  public String name() {
    return "emitted-" + code.name();
  }

  @Override
  public boolean isDeterministic() {
    return !fastPrompts;
  }

  @Override
  public Matrix prepare(Tensor tensor, SegmentAllocator memory) {
    Matrix.Plain plain = new Matrix.Plain(tensor);
    Optional<Encoding> encoding = Encoding.of(tensor.type()).map(Encoding::compact);
    if (encoding.isEmpty()) {
      return plain;
    }
    code.require(encoding.get());
    return packer.pack(plain, encoding.get(), memory);
  }

  @Override
  public Matrix prepareWords(Tensor tensor, SegmentAllocator memory) {
    if (!code.hasFastIntegers() || !WordPacker.canPack(tensor)) {
      return prepare(tensor, memory);
    }
    code.require(Encoding.WORDS);
    return WordPacker.pack(tensor, memory, pool);
  }

  @Override
  public Matrix prepareBytes(Tensor tensor, SegmentAllocator memory) {
    if (!code.hasFastIntegers() || !BytePacker.canPack(tensor)) {
      return prepare(tensor, memory);
    }
    return BytePacker.pack(tensor, memory, pool);
  }

  @Override
  public void multiply(Panels x, Matrix[] w, Panels[] y) {
    product.multiplyFinely(x, w, y);
  }

  @Override
  void multiplyChosen(Panels x, Matrix[] w, Panels[] y, int[] panels, int count) {
    product.multiplyChosen(x, w, y, panels, count);
  }

  @Override
  public void multiplyCoarsely(Panels x, Matrix[] w, Panels[] y) {
    product.multiplyCoarsely(x, w, y, PanelProduct.NOTHING);
  }

  @Override
  public void multiplyOutliers(Panels x, Matrix[] w, Panels[] y) {
    product.multiplyOutliers(x, w, y);
  }

  @Override
  public void affine(Panels x, Affine[] w, Panels[] y) {
    affine(x, w, y, false);
  }

  @Override
  public void affineGelu(Panels x, Affine w, Panels y) {
    affine(x, new Affine[] {w}, new Panels[] {y}, true);
  }

  private void affine(Panels x, Affine[] w, Panels[] y, boolean gelu) {
    Matrix[] matrices = Affine.matrices(w);
    if (ByteProduct.takes(matrices)) {
      byteProduct.affine(x, w, y, gelu);
      return;
    }
    product.multiplyCoarsely(
        x,
        matrices,
        y,
        (i, result, panel, from, to, worker) -> {
          encoderRows.addBias(result, panel, w[i].bias(), from, to, worker);
          if (gelu) {
            encoderRows.gelu(result, panel, from, to, worker);
          }
        });
  }

  @Override
  public void affineAddNorm(Panels x, Affine w, Panels branch, Panels stream, LayerNorm norm) {
    if (ByteProduct.takes(w.matrix()) && byteProduct.sharesRows(x.rows())) {
      byteProduct.affineAddNorm(x, w, branch, stream, norm);
    } else {
      super.affineAddNorm(x, w, branch, stream, norm);
    }
  }

  @Override
  public void feedForward(
      Panels stream, Affine up, Affine down, Panels inner, Panels branch, LayerNorm norm) {
    if (ByteProduct.takes(up.matrix(), down.matrix()) && byteProduct.sharesRows(stream.rows())) {
      byteProduct.feedForward(stream, up, down, inner, branch, norm);
    } else {
      super.feedForward(stream, up, down, inner, branch, norm);
    }
  }

  @Override
  public void gelu(Panels x) {
    eachRow(
        x.rows(),
        (from, to, worker) -> {
          for (int panel = 0; panel < x.panels(); panel++) {
            encoderRows.gelu(x, panel, from, to, worker);
          }
        });
  }

  @Override
  public void layerNorm(Panels x, LayerNorm norm) {
    if (x.width() % Panels.WIDTH != 0) {
      super.layerNorm(x, norm);
      return;
    }
    encoderRows.check(x, norm);
    eachRow(x.rows(), (from, to, worker) -> encoderRows.norm(x, null, norm, from, to, worker));
  }

  @Override
  public void addLayerNorm(Panels x, Panels y, LayerNorm norm) {
    if (!sameShape(x, y)) {
      throw new IllegalArgumentException("sum of matrices that differ in shape");
    }
    if (x.width() % Panels.WIDTH != 0) {
      super.addLayerNorm(x, y, norm);
      return;
    }
    encoderRows.check(x, norm);
    eachRow(x.rows(), (from, to, worker) -> encoderRows.norm(x, y, norm, from, to, worker));
  }

  @Override
  void addProduct(
      int worker,
      MemorySegment a,
      long ao,
      long aPanel,
      int rows,
      MemorySegment b,
      long bo,
      int k,
      MemorySegment c,
      long co) {
    long row = (long) Panels.WIDTH * Float.BYTES;
    Parameters p = parameters[worker];
    p.set(PanelCode.X, a.address() + ao);
    p.set(PanelCode.X_STRIDE, aPanel);
    p.set(PanelCode.COUNT, k);
    p.set(PanelCode.B, b.address() + bo);
    p.set(PanelCode.B_STRIDE, row);
    p.set(PanelCode.RESULT, c.address() + co);
    p.set(PanelCode.RESULT_STRIDE, row);
    p.set(PanelCode.START, 1);
    EmittedProduct.callTiles(code.panelRoutines(false), p, PanelCode.TILES, rows);
  }

  @Override
  void norm(Panels x, ParameterVector weight, float eps, Panels y, int from, int to, int worker) {
    Parameters p = parameters[worker];
    for (int row = from; row < to; row++) {
      for (int head = 0; head < x.width(); head += weight.width()) {
        p.set(RowCode.X, x.address(row, head));
        p.set(RowCode.X_STRIDE, x.panelStride());
        p.set(RowCode.PANELS, Panels.roundUp(weight.width()) / Panels.WIDTH);
        p.set(RowCode.OTHER, weight.memory().address());
        p.set(RowCode.Y, y.address(row, head));
        p.set(RowCode.Y_STRIDE, y.panelStride());
        p.set(RowCode.CONSTANTS, constants.address());
        p.set(RowCode.EPS, eps);
        p.set(RowCode.WIDTH, (float) weight.width());
        code.norm().call(p.address());
      }
    }
  }

  @Override
  public void gate(Panels gate, Panels up, Activation activation) {
    if (!sameShape(gate, up)) {
      throw new IllegalArgumentException("gate and what it gates differ in shape");
    }
    if (few(gate)) { // all rows of a panel, and all panels, lie together
      product.gate(gate, up, activation, 0, 0, gate.rows() * gate.panels(), 0);
      return;
    }
    eachRow(
        gate.rows(),
        (from, to, worker) -> {
          for (int panel = 0; panel < gate.panels(); panel++) {
            product.gate(gate, up, activation, panel, from, to - from, worker);
          }
        });
  }

  private static boolean sameShape(Panels a, Panels b) {
    return a.rows() == b.rows() && a.width() == b.width() && a.rowStride() == b.rowStride();
  }

  @Override
  public void multiplyGated(Panels x, Matrix[] w, Panels[] y, Activation activation) {
    y[1].reshape(x.rows());
    if (!sameShape(y[0].reshape(x.rows()), y[1])) {
      throw new IllegalArgumentException("gate and what it gates differ in shape");
    }
    product.multiplyGated(x, w, y, activation);
  }

  @Override
  public void add(Panels x, Panels y, float factor) {
    if (!sameShape(x, y)) {
      throw new IllegalArgumentException("sum of matrices that differ in shape");
    }
    if (few(x)) {
      add(x, y, factor, 0, x.rows(), 0);
    } else {
      eachRow(x.rows(), (from, to, worker) -> add(x, y, factor, from, to, worker));
    }
  }

  private void add(Panels x, Panels y, float factor, int from, int to, int worker) {
    Parameters p = parameters[worker];
    p.set(Parameters.SCRATCH, factor);
    boolean all = to - from == x.rows(); // which lie together, whatever the layout
    long stride = all ? TileAttention.ROW : x.rowStride();
    for (int c = 0; c < x.width(); c += all ? x.width() : Panels.WIDTH) {
      p.set(PanelRowCode.X, x.address(from, c));
      p.set(PanelRowCode.X_STRIDE, stride);
      p.set(PanelRowCode.ROWS, all ? (long) x.rows() * x.panels() : to - from);
      p.set(PanelRowCode.Y, y.address(from, c));
      p.set(PanelRowCode.Y_STRIDE, stride);
      p.set(PanelRowCode.FACTORS, p.address() + (long) Parameters.SCRATCH * Long.BYTES);
      code.panelRows().add().call(p.address());
    }
  }

  @Override
  public void rotate(Panels x, Rotation rotation) {
    if (!rotation.wholePanels()) {
      super.rotate(x, rotation);
    } else if (few(x)) {
      rotate(x, rotation, 0, x.rows(), 0);
    } else {
      eachRow(x.rows(), (from, to, worker) -> rotate(x, rotation, from, to, worker));
    }
  }

  private void rotate(Panels x, Rotation rotation, int from, int to, int worker) {
    boolean halves = rotation.pairing() == Rotation.Pairing.HALVES;
    int distance = halves ? rotation.rotated() / 2 : 0;
    int together = halves ? distance : rotation.rotated();
    Routine routine = halves ? code.panelRows().rotateHalves() : code.panelRows().rotateAdjacent();
    Parameters p = parameters[worker];
    rotation.cosines(to - 1, 0); // is there
    for (int head = 0; head < x.width(); head += rotation.headDim()) {
      for (int d = 0; d < together; d += Panels.WIDTH) {
        p.set(PanelRowCode.X, x.address(from, head + d));
        p.set(PanelRowCode.X_STRIDE, x.rowStride());
        p.set(PanelRowCode.ROWS, to - from);
        p.set(PanelRowCode.Y, x.address(from, head + d + distance));
        p.set(PanelRowCode.Y_STRIDE, x.rowStride());
        p.set(PanelRowCode.FACTORS, rotation.cosines(from, d));
        p.set(PanelRowCode.SINES, rotation.sines(from, d));
        p.set(PanelRowCode.FACTOR_STRIDE, rotation.stride());
        routine.call(p.address());
      }
    }
  }

  @Override
  public void store(Attention attention, Panels keys, Panels values) {
    if (keys.rows() != values.rows()) {
      throw new IllegalArgumentException(
          "%d rows of keys, %d of values".formatted(keys.rows(), values.rows()));
    }
    KvCache.Layout layout = attention.cache().layout();
    boolean whole = layout.headDim() % Panels.WIDTH == 0;
    if (!whole) {
      super.store(attention, keys, values);
    } else if (few(keys)) {
      store(attention, keys, values, 0, keys.rows(), 0);
    } else {
      eachRow(keys.rows(), (from, to, worker) -> store(attention, keys, values, from, to, worker));
    }
  }

  private void store(
      Attention attention, Panels keys, Panels values, int from, int to, int worker) {
    KvCache cache = attention.cache();
    KvCache.Layout layout = cache.layout();
    int layer = attention.layer();
    int bytes = layout.elementBytes();
    long next = (long) layout.valueDim() * bytes;
    boolean half = layout.precision() == KvCache.Precision.HALF;
    EmittedCode.PanelRows routines = code.panelRows();
    attention.eachRun(
        from,
        to,
        (row, rows, block, slot) -> {
          cache.checkSlots(block, slot, rows);
          long memory = cache.memory(block).address();
          for (int c = 0; c < layout.heads() * layout.headDim(); c += Panels.WIDTH) {
            int head = c / layout.headDim();
            int d = c % layout.headDim();
            Parameters p = parameters[worker];
            p.set(PanelRowCode.ROWS, rows);
            p.set(PanelRowCode.X, keys.address(row, c));
            p.set(PanelRowCode.X_STRIDE, keys.rowStride());
            long key = cache.keys(block, layer, head) + (long) bytes * (d * KvCache.BLOCK + slot);
            p.set(PanelRowCode.Y, memory + key);
            p.set(PanelRowCode.Y_STRIDE, bytes);
            (half ? routines.storeKeys() : routines.storeFloatKeys()).call(p.address());
            p.set(PanelRowCode.X, values.address(row, c));
            p.set(PanelRowCode.X_STRIDE, values.rowStride());
            long value = cache.values(block, layer, head) + slot * next + (long) bytes * d;
            p.set(PanelRowCode.Y, memory + value);
            p.set(PanelRowCode.Y_STRIDE, next);
            p.set(PanelRowCode.FACTORS, Constants.ONE.in(constants));
            p.set(PanelRowCode.FACTOR_STRIDE, 0);
            (half ? routines.storeValues() : routines.copy()).call(p.address());
          }
        });
  }

  @Override
  TileAttention attention(Arena memory, Attention attention, int worker) {
    return new EmittedAttention(
        memory, attention.heads(), attention.contextLength(), code, constants, parameters[worker]);
  }
}
