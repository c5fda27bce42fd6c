// Which of a repository's main packages a hone.toml is for, and what its service is called.
#pragma once

#include <string>
#include <vector>

#include "golang/inspection.h"

namespace hone::ops {

// The main package that serves most: listeners count before routes, one that stands in for others last. nullptr where
// there is none.
const golang::MainPackage* ChooseMain(const golang::Inspection& inspection);

// Whether a main package only stands in for the services of others: it is called so ("fakeproviders") and opens no
// database.
bool StandsInForOthers(const golang::Inspection& inspection, const golang::MainPackage& main);

// What a main package is called among others: its binary, or where two have the same, the folder that differs
// (services/orders/cmd/server: "orders").
std::string ServiceName(const golang::MainPackage& main, const std::vector<const golang::MainPackage*>& all);

}  // namespace hone::ops
