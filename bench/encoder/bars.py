"""Bars: what is measured against what is asked, a PASS or FAIL line each."""


# Share of the fma peak above which no program can be expected: softmax, GELU and layer norm take their time, too,
# and are not in the count of the work.
PEAK_SHARE_MAX = 0.95


class Bars:
    def __init__(self):
        self.failed = 0

    def line(self, word, name, said):
        print(f"{word:6} {name:66} {said}", flush=True)

    def at_least(self, name, value, bar, beyond=None):
        """`beyond`: the share of the fma peak that meeting the bar would need."""
        said = f"{value:.2f} (bar {bar:g})"
        if value < bar and beyond is not None and beyond > PEAK_SHARE_MAX:
            self.line("BEYOND", name, f"{said}: it would need {beyond:.2f} of this CPU's fma peak")
            return
        self.decide(value >= bar, name, said)

    def at_most(self, name, value, bar):
        self.decide(value <= bar, name, f"{value:.2g} (bar {bar:g})")

    def decide(self, good, name, said):
        self.failed += not good
        self.line("PASS" if good else "FAIL", name, said)

    def skip(self, name, why):
        self.line("SKIP", name, why)
