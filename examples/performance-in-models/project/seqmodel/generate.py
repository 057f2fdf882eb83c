"""Continues a sequence, one most likely token at a time."""


def best(scores):
    """Position of the highest score; the first one of equals."""
    return max(range(len(scores)), key=lambda position: (scores[position], -position))


def generate(model, prompt, steps):
    """``prompt`` and ``steps`` more tokens."""
    if not prompt:
        raise ValueError("the prompt must hold at least one token")
    tokens = list(prompt)
    for _ in range(steps):
        tokens.append(best(model.scores(tokens)))
    return tokens
