// bowline journal backup: a copy of a run's journal, also while its host runs. bowline journal restore: such a copy put back, with a
// new epoch, so that no order id of before comes again.
#include "cli/journal_backup.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/load_config.hpp"
#include "core/exit_codes.hpp"
#include "services/runtime/run.hpp"
#include "store/journal_backup.hpp"
#include "store/journal_restore.hpp"

namespace bowline::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Options {
  std::string file, var = "var", journal = "journal.db", config, reason;
  bool replace = false, json = false;
  fs::path path() const { return fs::path(var) / journal; }
};

void print_json(const ordered_json& all) { std::printf("%s\n", all.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str()); }

int backup(const Options& o) {
  const auto made = store::backup_journal(o.path(), o.file);
  if (!made) return fail(made.error());
  if (o.json) {
    print_json({{"file", o.file}, {"rows", made->rows}, {"bytes", made->bytes}, {"head", made->head}});
    return core::exit_code::ok;
  }
  std::printf("%s: %llu rows, %llu bytes, head %s; the chain is whole, and it is on the disk\n", o.file.c_str(), static_cast<unsigned long long>(made->rows),
              static_cast<unsigned long long>(made->bytes), made->head.c_str());
  return core::exit_code::ok;
}

int restore(const Options& o) {
  const auto loaded = load_config(o.config, o.var, For::venue);
  if (!loaded.config) return loaded.exit_code;
  const config::RunConfig& config = *loaded.config;
  store::RestoreWish wish;
  wish.backup = o.file;
  wish.journal = o.path();
  wish.store = services::store_files(config, o.var).transactions;
  wish.stamp = {config.mode, config.instances.front().plugin, config.execution.account};
  wish.replace = o.replace;
  wish.at = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  wish.who = "bowline journal restore of uid " + std::to_string(::getuid());
  wish.why = o.reason;
  if (config.mode == "live") {
    std::uint64_t drawn = 0;
    if (::getentropy(&drawn, sizeof drawn) != 0) return fail({"RUN_NO_ENTROPY", "the system gives no random number, and the order ids of a live run need one"});
    wish.drawn = drawn;
  }
  const auto made = store::restore_journal(wish);
  if (!made) return fail(made.error());
  if (o.json) {
    print_json({{"journal", wish.journal.string()},
                {"rows", made->rows},
                {"head", made->row.head},
                {"epoch_before", made->row.before},
                {"epoch", made->row.epoch},
                {"journal_kept", made->kept.empty() ? ordered_json() : ordered_json(made->kept.string())},
                {"store_kept", made->store_kept.empty() ? ordered_json() : ordered_json(made->store_kept.string())}});
    return core::exit_code::ok;
  }
  std::printf("%s: %llu rows, put back behind the head %s; its epoch is %llu, and was %llu: no order id of before comes again\n", wish.journal.c_str(),
              static_cast<unsigned long long>(made->rows), made->row.head.c_str(), static_cast<unsigned long long>(made->row.epoch),
              static_cast<unsigned long long>(made->row.before));
  if (!made->kept.empty()) std::printf("the journal that stood there is kept as %s\n", made->kept.c_str());
  if (!made->store_kept.empty()) std::printf("the store is kept as %s: the next start makes a new one of the journal\n", made->store_kept.c_str());
  return core::exit_code::ok;
}

void where(CLI::App& v, Options& o) {
  v.add_option("--var", o.var, "the run's state folder")->capture_default_str();
  v.add_option("--journal", o.journal, "file name in it, or an absolute path")->capture_default_str();
  v.add_flag("--json", o.json, "one JSON object");
}

}  // namespace

void add_journal_backup(CLI::App& journal, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(journal, "backup", "copy the journal to a file of its own, while its host runs or not, and prove the copy; nothing is overwritten",
                     "bowline journal backup /backup/journal-monday.db --var var/live");
  v->add_option("file", o->file, "the copy; a file that is not there yet")->required();
  where(*v, *o);
  v->callback([o, &chosen] { chosen = [o] { return backup(*o); }; });
}

void add_journal_restore(CLI::App& journal, Action& chosen) {
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(journal, "restore", "put a backup in the place of the journal and renew its epoch, so that no order id of before comes again; its host is down",
                     "bowline journal restore /backup/journal-monday.db --config configs/live.yaml --var var/live --replace --reason 'the disk failed'");
  v->add_option("file", o->file, "the backup; it is only read")->required();
  v->add_option("--config", o->config, "the YAML file of the run: the backup has to be of its mode, venue and portfolio")->required();
  v->add_option("--reason", o->reason, "for the journal and the audit trail")->required();
  v->add_flag("--replace", o->replace, "a journal stands there: it is kept under another name");
  where(*v, *o);
  v->callback([o, &chosen] { chosen = [o] { return restore(*o); }; });
}

}  // namespace bowline::cli
