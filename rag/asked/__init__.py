"""How answers came out: ids, codes and numbers, by the collection that was asked."""
