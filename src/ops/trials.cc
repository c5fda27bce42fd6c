#include "ops/trials.h"

namespace hone::ops {

base::Result<bool> LearnTogether(Trials& trials, const project::Scenario& scenario, std::optional<RelatedWay> way,
                                 const std::optional<Narrowed>& narrowed) {
  project::Learned& learned = trials.dry.learned;
  learned.ForgetGroups(scenario);
  const bool related = way && LearnRelated(trials.rig, scenario, trials.columns, *way, learned, narrowed);
  HONE_CHECK_OK(trials.things.Learn(scenario, learned));
  return related;
}

}  // namespace hone::ops
