from dataclasses import dataclass


@dataclass
class Match:
    target: int
    phrase: str
    found: str
    start: int
    end: int


class PhraseBook:
    def __init__(self, phrases):
        self.phrases = list(phrases)

    def find(self, text):
        return [Match(t, p, p, text.find(p), text.find(p) + len(p)) for p, t in self.phrases if p in text]
