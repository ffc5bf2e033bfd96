"""What the engine says, for the catalogue of messages.

The engine knows no Django and speaks English. Its sentences stand here once more as templates, so that pages can say
them in the reader's language (``readerstudy.said``); a test holds both against each other.
"""

from django.utils.translation import gettext_noop as _

RECIPES = (
    _("Network"),
    _("Head"),
    _("Batch norm"),
    _("Start"),
    _("Trained layers"),
    _("Loss"),
    _("Optimiser"),
    _("Length"),
    _("Picture"),
    _("Augmentation"),
    _("Held-out scores"),
    _("Calibration"),
    _("Heat maps"),
    _("Folds"),
    _("Arithmetic"),
    _("Device"),
    _("Model"),
    _("Features"),
    _("Classifier"),
    _("Selection"),
    _("Training faces"),
    _("Threshold"),
    _("none"),
    _("one"),
    _("VGG-16 layout at %(pixels)s px, %(part)s: %(size)s M parameters; %(part2)s"),
    _("the paper's full network"),
    _("not the paper's full network"),
    _("full width"),
    _("width %(width)s"),
    _("%(part)s; %(share)s dropout"),
    _("the paper's head: fully connected layers as convolutions (fc6, fc7), then softmax"),
    _("a light head: global average pooling, then softmax"),
    _("after each of the 13 convolutions, momentum %(momentum)s"),
    _("random (He), from seed %(seed)s; no pretrained weights"),
    _("pretrained weights, SHA-256 %(digest)s...; batch norm set by one pass over the training fold"),
    _("every layer is trained"),
    _("blocks 1 to 3 stay as they are; blocks 4, 5 and the head are trained"),
    _("blocks 1 to 4 stay as they are; block 5 and the head are trained"),
    _("the convolutions stay as they are; only the head is trained"),
    _("for %(n)s epoch the head alone; then %(part)s, at %(rate)s of the learning rate"),
    _("for %(n)s epochs the head alone; then %(part)s, at %(rate)s of the learning rate"),
    _("cross-entropy%(how)s; no triplet loss"),
    _("cross-entropy; no triplet loss"),
    _(
        "cross-entropy%(how)s plus %(weight)s x %(mining)s triplet loss (margin %(margin)s) on an L2-normalised "
        "embedding of %(size)s numbers"
    ),
    _(
        "cross-entropy plus %(weight)s x %(mining)s triplet loss (margin %(margin)s) on an L2-normalised embedding of "
        "%(size)s numbers"
    ),
    _(" with label smoothing %(smoothing)s"),
    _(" with label smoothing %(smoothing)s, the rarer class weighing more"),
    _(", the rarer class weighing more"),
    _("stochastic gradient descent with momentum 0.9"),
    _("learning rate %(rate)s"),
    _("constant"),
    _("cosine"),
    _("cosine with warm restarts"),
    _("weight decay %(decay)s"),
    _("weights averaged over steps (decay %(decay)s)"),
    _(
        "up to %(epochs)s epochs of %(kind)s batches of %(batch)s, %(part)s; best epoch (%(part2)s) and threshold "
        "chosen on the validation fold only"
    ),
    _(
        "%(epochs)s epochs of %(kind)s batches of %(batch)s; the mean of the networks after epochs %(numbers)s; "
        "threshold chosen on the validation fold only"
    ),
    _("class-balanced"),
    _("shuffled"),
    _("stopped after %(patience)s epochs without gain"),
    _("no early stop"),
    _("lowest loss"),
    _("highest mean AUC of three epochs"),
    _("%(part)s at %(pixels)s x %(pixels)s x 3, values 0 to 1"),
    _("%(part)s at %(pixels)s x %(pixels)s x 3, values 0 to 1; each picture's own mean and contrast taken out first"),
    _(
        "%(part)s at %(pixels)s x %(pixels)s x 3, values 0 to 1; turned to grey, the mean and contrast of each place's "
        "neighbourhood taken out first"
    ),
    _("the whole aligned crop"),
    _("the middle %(share)s of the aligned crop"),
    _("rotation up to %(angle)s degrees"),
    _("scale up to %(share)s"),
    _("shift up to %(share)s"),
    _("left-right flip"),
    _("brightness and colour up to %(share)s"),
    _("mean of the face and its mirror image"),
    _("one pass over the face as it is"),
    _(
        "Platt's slope and offset a fold, fitted on its validation fold only and kept near 1 and 0: the scores of all "
        "folds are pooled on this scale; the raw scores are kept"
    ),
    _("one temperature a fold, fitted on its validation fold only; the raw scores are kept, and pooled as they are"),
    _("none; the raw scores only, pooled as they are"),
    _("%(method)s of every held-out face for GS against control, %(n)s x %(n)s places of block %(block)s"),
    _(
        "%(folds)s folds by subject, %(train)s:1:1 training, validation, test; stratified by class and syndrome; seed "
        "%(seed)s"
    ),
    _("%(folds)s folds by subject, %(train)s:1:1 training, validation, test; seed %(seed)s"),
    _("mixed precision on a GPU made for it, else float32"),
    _("deterministic operations"),
    _("all GPUs of the worker, each with its share of every batch and its own batch statistics"),
    _("compiled by XLA on a single GPU where that works, not on processors"),
    _("compiled by XLA"),
    _("not compiled by XLA"),
    _("Support-vector machine on a network's embedding"),
    _("Gabor features of the aligned face with a linear support-vector machine; no network"),
    _("Logistic regression on the geometry of five landmarks; no network, and no look at the picture"),
    _("the L2-normalised embedding of each fold's own network, so that no face of a test part has reached it"),
    _(
        "energies of 16 Gabor filters (8 orientations, wavelengths 4 and 8 px of 96) in 8 x 8 cells of the aligned "
        "face, local contrast taken out first"
    ),
    _("13 distances, ratios and angles of the eyes, nose and mouth corners, in units of the eye distance"),
    _("%(part)s on standardised features, both classes with equal weight"),
    _("support-vector machine with a linear kernel"),
    _("logistic regression"),
    _(
        "C of %(strengths)s: highest mean AUC of %(n)s inner folds of the training part, faces that look alike kept "
        "together"
    ),
    _("each face and its mirror image"),
    _("mean of the face and its mirror image, made a probability on the inner folds (Platt 1999)"),
    _("chosen on the validation fold only"),
)
REFUSALS = (
    _("%(name)s is %(value)s: choose one of %(choices)s"),
    _("%(name)s is %(value)s: it must be true or false"),
    _("%(name)s is %(value)s: it must be a number from %(low)s to %(high)s"),
    _("%(name)s is %(value)s: it must be a whole number from %(low)s to %(high)s"),
    _("%(name)s is %(value)s: it must lie between %(low)s and %(high)s"),
    _("compile is 'xla': a step over all devices cannot be compiled by XLA, use auto or off"),
    _("compile is 'xla': its operations are not all deterministic, use auto or off"),
    _("class_weights is 'balanced': the batches hold both classes equally already, use one of the two"),
    _("head_epochs is %(value)s: a head learns nothing on layers from a random start, use 0"),
    _("head_epochs is %(value)s, but train_from thaws nothing after them: use 0, or block4"),
    _("head_epochs is %(value)s: it must be less than epochs (%(epochs)s)"),
    _("snapshots is %(value)s: all of them are needed, so nothing may stop early, set patience 0"),
    _("the loss stopped being a number before the last network: lower the learning rate"),
    _("train_from is %(value)s: freezing layers of a random start cannot learn, use all"),
    _("normalise is %(value)s: pretrained weights bring their own mean, use none"),
    _("width is %(value)s: pretrained weights fit the full width 1.0 only"),
    _("input_size is %(value)s: pretrained weights with the paper's head need 224 pixels"),
    _("%(folds)s folds: at least 3 are needed, one to test, one to validate, the rest to train"),
    _("the cohort has no %(kind)s: a model needs both classes to learn the difference"),
    _("the cohort has %(n)s %(kind)s: %(folds)s folds need at least %(folds)s"),
    _("subjects with a syndrome"),
    _("controls"),
    _("subject %(code)s stands both with and without a syndrome: correct its truth first"),
    _(
        "part %(part_number)s of %(folds)s would hold one class only, because photos of linked subjects stay together: "
        "use fewer folds or more subjects"
    ),
)
FACES = (
    _("No face was found."),
    _("No face was found on this photo."),
    _("%(n)s faces were found: send a photo of one person."),
    _("No face was found: the picture is too dark."),
    _("No face was found: the picture is overexposed."),
    _("Something is written into the picture: make sure that no name or number can be read."),
    _("%(n)s faces of similar size: choose whose it is."),
    _("The picture lies on its side; it was turned by %(angle)s degrees."),
    _("The picture stands on its head; it was turned by %(angle)s degrees."),
    _("The picture may lie on its side or head: check which way is up."),
    _(
        "The face is too small: %(distance)s pixels between the eyes, at least %(least)s are needed. Send the picture "
        "in its full size."
    ),
    _("The face is out of focus."),
    _("The face is cut off by the picture's border: %(parts)s would lie outside."),
    _("an eye"),
    _("the nose"),
    _("the mouth"),
    _("an eye and the nose"),
    _("an eye and the mouth"),
    _("the nose and the mouth"),
    _("an eye and the nose and the mouth"),
    _("The face is cut off by the picture's border."),
    _("The face is turned to the side: the nose is far off the middle between the eyes."),
    _("The face is tilted up or down, or its parts were not found where a face has them."),
    _("The eyes cannot be seen: nothing that looks like an eye lies where the eyes should be."),
    _("The face is too dark."),
    _("The face is overexposed."),
)
SPOKEN = (*RECIPES, *REFUSALS, *FACES)
