/**
 * A sandboxed interpreter for the part of Jinja that chat templates are written in.
 *
 * <p>It works on plain values only: no reflection, no host objects, no files, no modules. What a
 * template may cost is bounded by a {@link ai.kolm.prompt.jinja.Budget}. Every character of a
 * string remembers whether the template wrote it or somebody else did ({@link
 * ai.kolm.prompt.jinja.Text}).
 *
 * <p>The reference is jinja2 3.1 as Hugging Face transformers sets it up for chat templates:
 * immutable sandbox, {@code trim_blocks}, {@code lstrip_blocks}, the loop controls, {@code
 * raise_exception}, {@code strftime_now}, its own {@code tojson} and the {@code generation} tag.
 *
 * <p>The way of a template: {@link ai.kolm.prompt.jinja.Lexer}, {@link
 * ai.kolm.prompt.jinja.Parser}, {@link ai.kolm.prompt.jinja.Interpreter}.
 */
@NullMarked
package ai.kolm.prompt.jinja;

import org.jspecify.annotations.NullMarked;
