package seed

var (
	categoryNames = []string{
		"Kitchen", "Dining", "Bath", "Bedroom", "Garden", "Lighting", "Office", "Storage", "Textiles", "Toys",
		"Tools", "Travel", "Outdoor", "Pets", "Music", "Books", "Sports", "Cleaning", "Decoration", "Seasonal",
	}
	staffPermissions = []string{
		"backoffice", "customers.read", "orders.read", "orders.write", "products.read", "products.write",
		"reports.read", "shipments.read", "stock.read",
	}
	channels  = []string{"web", "web", "web", "app", "app", "phone", "market"}
	carriers  = []string{"Northmail", "QuickBox", "Parcelia"}
	countries = []string{"DE", "SE", "PL", "IT", "PT", "FI"}
	cities    = []string{"Lund", "Graz", "Porto", "Turku", "Gdynia", "Parma", "Jena", "Bergen", "Ghent", "Nantes"}
	colours   = []string{"Blue", "Red", "Green", "Black", "White", "Amber", "Grey", "Violet", "Sand", "Copper"}
	materials = []string{"Oak", "Steel", "Glass", "Linen", "Ceramic", "Cotton", "Bamboo", "Wool", "Cork", "Leather"}
	things    = []string{
		"Kettle", "Lamp", "Table", "Chair", "Mug", "Bowl", "Basket", "Shelf", "Blanket", "Clock",
		"Mirror", "Vase", "Tray", "Hook", "Bench", "Stool", "Cushion", "Curtain", "Brush", "Bottle",
	}
	places     = []string{"kitchen", "hall", "garden", "office", "balcony", "nursery", "cellar", "bathroom"}
	firstNames = []string{
		"Ada", "Ben", "Carla", "Dana", "Emil", "Fatima", "Goran", "Hanna", "Ivo", "Jana",
		"Karim", "Lena", "Mats", "Nora", "Oskar", "Petra", "Quirin", "Rosa", "Sami", "Tilda",
	}
	lastNames = []string{
		"Ahlgren", "Bauer", "Costa", "Dubois", "Eriksen", "Ferrari", "Gruber", "Horvat", "Ionescu", "Jansen",
		"Kowalski", "Lindqvist", "Moreau", "Novak", "Oliveira", "Peeters", "Quist", "Rossi", "Svensson", "Tamm",
	}
	opinions = []string{
		"Does what it should.", "Smaller than I thought.", "My third one, still happy.", "The colour is different.",
		"Arrived quickly.", "Well packed.", "A little heavy.", "Good for the price.", "Would buy it again.", "Not for me.",
	}
)
