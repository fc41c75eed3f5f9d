// Who asked for a plan to be carried out. trade-execution writes it down where it takes the targets, in whichever process
// they were made: the audit trail is its table (trading rules 4.2).
#pragma once

#include <cstddef>
#include <string>

#include "core/records.hpp"

namespace bowline::services {

/// Of one command: principal is empty where nobody is authenticated.
struct Asker {
  std::string principal, request_id;
};

/// Before the targets are taken: what was commanded stands in the trail even if nothing came of it. [core thread]
inline void audit_plan(core::RecordSink& sink, std::uint64_t seq, core::Nanos now, const Asker& who, std::size_t targets) {
  if (!sink.wanted()) return;
  core::AuditRecord r;
  r.seq = seq;
  r.time = now;
  r.principal = who.principal;
  r.action = "rebalance_run";
  r.subject = std::to_string(targets) + (targets == 1 ? " target" : " targets");
  r.request_id = who.request_id;
  sink.put(std::move(r));
}

}  // namespace bowline::services
