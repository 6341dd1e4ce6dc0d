"""Operations that an array namespace does not have, composed of functions it has, as plainly as can be."""
