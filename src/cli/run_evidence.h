// The verbs over what is in the ledger already: show, accept, evidence.
#pragma once

#include "base/task.h"
#include "cli/command_line.h"
#include "cli/screen.h"

namespace hone::cli {

int RunShow(const ShowCommand& command, const CommonOptions& common, const ScreenOptions& screen);
int RunAccept(const AcceptCommand& command, const CommonOptions& common);
int RunEvidence(const EvidenceCommand& command, const CommonOptions& common, const ScreenOptions& screen,
                const base::Task& task);

}  // namespace hone::cli
