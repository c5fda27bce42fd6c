// Drafts [pool] of a hone.toml: what sets the size of the service's connection pool.
#pragma once

#include "golang/inspection.h"
#include "ops/init_database.h"

namespace hone::ops {

// The variable by which `hone pool` can start the service with other sizes: of several pools that whose default is the
// largest, the others named beside it. Without one a comment that says so; no text where nothing sets a size. Pure.
SectionDraft DraftPool(const golang::Inspection& inspection, const golang::MainPackage& main);

}  // namespace hone::ops
