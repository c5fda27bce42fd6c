// Headers that a scenario sends beside those of [headers], and whose things it may ask for by them. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_making.h"
#include "ops/source_texts.h"

namespace hone::ops {

// Headers that say nothing about who asks, or whose values only a request knows.
bool IsPlumbing(std::string_view name);

// A key by which a service tells a request from one that is sent again: "Idempotency-Key"
// (draft-ietf-httpapi-idempotency-key-header).
bool IsRepeatKey(std::string_view header);

// Where a header that a statement looks up says whose things are asked for ("X-Depot"), keeps values within it. `sent`
// are those of [headers], by their names in lower case; one that handlers read by themselves is sent with the value
// that is shown.
void MakeTenant(const RouteContext& context, const golang::Inspection& inspection,
                const std::map<std::string, std::string>& sent, const std::vector<SourceText>& texts, Making& making);

// Gives each request a key of its own where the service wants one.
void MakeRepeatKey(const RouteContext& context, Making& making);

}  // namespace hone::ops
