"""Charts of the comparisons, as SVG that can be committed: the same figures give the same bytes."""
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "kolm", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
})
import matplotlib.pyplot as pyplot  # noqa: E402

KOLM, OTHER = "#1b6ca8", "#b0b7bf"


def save(figure, path):
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def ratios(path, title, groups):
    """Horizontal bars around 1: `groups` is {test: [(label, ratio, target or None), ...]}, a panel each."""
    rows = max(len(bars) for bars in groups.values())
    figure, panels = pyplot.subplots(1, len(groups), figsize=(4.6 * len(groups), 0.8 + 0.27 * rows), sharey=True, squeeze=False)
    for panel, (test, bars) in zip(panels[0], groups.items()):
        places = range(len(bars))
        panel.barh(places, [ratio for _, ratio, _ in bars], color=[KOLM if ratio >= 1 else OTHER for _, ratio, _ in bars])
        panel.axvline(1, color="black", linewidth=0.8)
        for place, (_, ratio, target) in zip(places, bars):
            panel.text(ratio, place, f" {ratio:.2f}", va="center")
            if target:
                panel.plot([target, target], [place - 0.4, place + 0.4], color="#c0392b", linewidth=1.5)
        panel.set_yticks(places, [label for label, _, _ in bars])
        panel.set_xlim(left=0, right=1.18 * max([1, *(r for _, r, _ in bars), *(t for _, _, t in bars if t)]))
        panel.set_title(test)
    panels[0][0].invert_yaxis()
    figure.suptitle(title)
    save(figure, path)


def lines(path, title, panels):
    """Lines over the number of streams: `panels` is [(axis label, {name: {streams: value}}), ...]."""
    figure, axes = pyplot.subplots(1, len(panels), figsize=(3.6 * len(panels), 3), squeeze=False)
    for axis, (label, series) in zip(axes[0], panels):
        for (name, values), colour in zip(series.items(), (KOLM, OTHER)):
            axis.plot(list(values), list(values.values()), marker="o", color=colour, label=name)
            axis.set_xscale("log", base=2)
            axis.set_xticks(list(values), [str(streams) for streams in values])
        axis.set_ylim(bottom=0)
        axis.set_xlabel("streams")
        axis.set_title(label)
    axes[0][0].legend(frameon=False)
    figure.suptitle(title)
    figure.tight_layout()
    save(figure, path)
