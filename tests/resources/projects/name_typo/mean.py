def mean(values):
    total = 0.0
    for value in values:
        total += valeu
    return total / len(values)
