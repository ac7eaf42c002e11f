"""Figures that teach: each module draws one, and says in Spanish what is seen in it.

pictures.py   images of a data set, and of a network's errors
seeds.py      what several seeds got right, and which of them lose a class
noise.py      the loss batch by batch, raw and smoothed
templates.py  the weights of a linear network as images
spread.py     how much of the spread between seeds is only the finite test set
shift.py      accuracy on images that are rotated, moved, noisy, blurred or pale
seconds.py    error against seconds instead of epochs
collapse.py   every seed, by how many classes it never predicts
per_class.py  one value of each class in each seed
undecided.py  a confusion matrix with a column for ties
worked.py     precision and recall of one class, worked out
"""
