"""Known classes: what the classes of large data sets are called, in the order of their labels. Knows no torch."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

DIGITS = tuple(digits)
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
LETTERS = tuple(ascii_lowercase)
CHARACTERS = (*digits, *ascii_uppercase, *"abdefghnqrt")  # small letters that look as their capitals do are those
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL10 = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
IMAGENETTE = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}
"""The name of a folder, which is that of a set of synonyms in WordNet -> what is on its pictures."""

CIFAR100 = tuple(
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle "
    "caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant "
    "flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man "
    "maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree "
    "plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper "
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train "
    "trout tulip turtle wardrobe whale willow_tree wolf woman worm".split()
)

PETS = tuple(
    "Abyssinian, American Bulldog, American Pit Bull Terrier, Basset Hound, Beagle, Bengal, Birman, Bombay, Boxer, "
    "British Shorthair, Chihuahua, Egyptian Mau, English Cocker Spaniel, English Setter, German Shorthaired, "
    "Great Pyrenees, Havanese, Japanese Chin, Keeshond, Leonberger, Maine Coon, Miniature Pinscher, Newfoundland, "
    "Persian, Pomeranian, Pug, Ragdoll, Russian Blue, Saint Bernard, Samoyed, Scottish Terrier, Shiba Inu, Siamese, "
    "Sphynx, Staffordshire Bull Terrier, Wheaten Terrier, Yorkshire Terrier".split(", ")
)

SIGNS = tuple(
    "speed limit 20, speed limit 30, speed limit 50, speed limit 60, speed limit 70, speed limit 80, "
    "end of speed limit 80, speed limit 100, speed limit 120, no overtaking, no overtaking for lorries, "
    "right of way at the next crossing, priority road, yield, stop, no vehicles, no lorries, no entry, danger, "
    "curve to the left, curve to the right, double curve, bumpy road, slippery road, road narrows on the right, "
    "road works, traffic lights, pedestrians, children, bicycles, snow or ice, wild animals, end of all limits, "
    "turn right ahead, turn left ahead, ahead only, straight or right, straight or left, keep right, keep left, "
    "roundabout, end of no overtaking, end of no overtaking for lorries".split(", ")
)

FLOWERS = tuple(
    "pink primrose, hard-leaved pocket orchid, canterbury bells, sweet pea, english marigold, tiger lily, moon "
    "orchid, bird of paradise, monkshood, globe thistle, snapdragon, colt's foot, king protea, spear thistle, "
    "yellow iris, globe-flower, purple coneflower, peruvian lily, balloon flower, giant white arum lily, fire "
    "lily, pincushion flower, fritillary, red ginger, grape hyacinth, corn poppy, prince of wales feathers, "
    "stemless gentian, artichoke, sweet william, carnation, garden phlox, love in the mist, mexican aster, "
    "alpine sea holly, ruby-lipped cattleya, cape flower, great masterwort, siam tulip, lenten rose, barbeton "
    "daisy, daffodil, sword lily, poinsettia, bolero deep blue, wallflower, marigold, buttercup, oxeye daisy, "
    "common dandelion, petunia, wild pansy, primula, sunflower, pelargonium, bishop of llandaff, gaura, "
    "geranium, orange dahlia, pink-yellow dahlia, cautleya spicata, japanese anemone, black-eyed susan, "
    "silverbush, californian poppy, osteospermum, spring crocus, bearded iris, windflower, tree poppy, gazania, "
    "azalea, water lily, rose, thorn apple, morning glory, passion flower, lotus, toad lily, anthurium, "
    "frangipani, clematis, hibiscus, columbine, desert-rose, tree mallow, magnolia, cyclamen, watercress, canna "
    "lily, hippeastrum, bee balm, ball moss, foxglove, bougainvillea, camellia, mallow, mexican petunia, "
    "bromelia, blanket flower, trumpet creeper, blackberry lily".split(", ")
)
