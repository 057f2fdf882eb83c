def transpose(rows):
    height = len(rows)
    width = len(rows[0])
    return [[rows[y][x] for y in range(height)] for x in range(height)]
