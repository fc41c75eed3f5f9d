#include "store/sql_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <iterator>

namespace bowline::store {
namespace {
/// A venue outage of the disk must not eat the memory: beyond this many times the queue, records are counted and dropped.
constexpr std::size_t backlog_factor = 16;
constexpr std::chrono::milliseconds gather{100};  // how long what was put may wait for more

void release(const std::vector<int>& locks) {
  for (const int fd : locks) ::close(fd);
}

Result<std::vector<int>> take_locks(const StoreOptions& o) {
  std::vector<int> locks;
  const std::vector<std::string> host{"host"};
  for (const std::string& role : o.roles.empty() ? host : o.roles) {
    const std::string file = o.transactions.string() + "." + role + ".lock";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      const bool denied = errno == EACCES || errno == EROFS || errno == EPERM;
      release(locks);
      return Error{denied ? "STORE_READ_ONLY" : "STORE_OPEN", "store " + file + ": can't be opened: check folder and owner"};
    }
    locks.push_back(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      release(locks);
      return Error{"STORE_LOCKED", "store " + o.transactions.string() + ": another bowline runs as " + role +
                                       " on it: stop that one, or give another --var folder"};
    }
  }
  return locks;
}
}  // namespace

Result<std::unique_ptr<SqlStore>> SqlStore::open(const StoreOptions& options) {
  auto locks = take_locks(options);
  if (!locks) return locks.error();
  auto writer = SqlWriter::open(options);
  if (!writer) {
    release(*locks);
    return writer.error();
  }
  return std::unique_ptr<SqlStore>(new SqlStore(std::move(*writer), std::move(*locks), options));
}

SqlStore::SqlStore(std::unique_ptr<SqlWriter> writer, std::vector<int> locks, const StoreOptions& options)
    : writer_(std::move(writer)),
      locks_(std::move(locks)),
      limit_(options.queue_records),
      on_failing_(options.on_failing),
      on_healed_(options.on_healed) {
  thread_ = std::thread([this] { run(); });
}

SqlStore::~SqlStore() { static_cast<void>(close()); }

// The writer's thread sleeps until the first put(), so that its sessions may be used here.
Result<bool> SqlStore::used(const std::vector<std::string>& roles) try {
  return writer_->used(roles);
} catch (const std::exception& e) {
  return Error{"STORE_OPEN", std::string("store: ") + e.what()};
}

Result<core::Nanos> SqlStore::last_step() try {
  return writer_->last_step();
} catch (const std::exception& e) {
  return Error{"STORE_OPEN", std::string("store: ") + e.what()};
}

Result<std::vector<core::AuditRecord>> SqlStore::audit_from(core::Nanos time) try {
  return writer_->audit_from(time);
} catch (const std::exception& e) {
  return Error{"STORE_OPEN", std::string("store: ") + e.what()};
}

Result<std::uint64_t> SqlStore::plans_at(core::Nanos time) try {
  return writer_->plans_at(time);
} catch (const std::exception& e) {
  return Error{"STORE_OPEN", std::string("store: ") + e.what()};
}

Result<void> SqlStore::forget_after(core::Nanos decided, core::Nanos told) try {
  writer_->forget_after(decided, told);
  return {};
} catch (const std::exception& e) {
  return Error{"STORE_OPEN", std::string("store: ") + e.what()};
}

void SqlStore::put(core::Record&& record) { step_.push_back(std::move(record)); }

void SqlStore::end_step(core::Nanos) {
  if (step_.empty()) return;
  bool ring = false;
  {
    std::unique_lock lock(m_);
    // Back-pressure while the writer works; a broken disk must not stop exits, so then the backlog grows instead.
    drained_.wait(lock, [this] { return queue_.size() < limit_ || !healthy() || stop_; });
    if (stop_ || queue_.size() >= limit_ * backlog_factor)
      dropped_.fetch_add(step_.size(), std::memory_order_relaxed);
    else {
      // The writer is woken when there is something to take and when it need not gather longer: waking it at every step
      // costs the core thread more than the queue does.
      const std::size_t before = queue_.size();
      queue_.insert(queue_.end(), std::make_move_iterator(step_.begin()), std::make_move_iterator(step_.end()));
      ring = before == 0 || (before < limit_ / 2 && queue_.size() >= limit_ / 2);
    }
  }
  if (ring) work_.notify_one();
  step_.clear();
}

void SqlStore::name_features(std::string names_hash, std::vector<std::string> names) {
  {
    std::lock_guard lock(m_);
    names_.emplace_back(std::move(names_hash), std::move(names));
  }
  work_.notify_one();
}

Result<void> SqlStore::flush() {
  end_step(0);
  std::unique_lock lock(m_);
  hurry_ = true;  // a failed batch is tried now, not at the next second
  work_.notify_one();
  // What failed before counts only when it fails again.
  drained_.wait(lock, [this, before = tries_] {
    return (queue_.empty() && names_.empty() && !busy_) || (tries_ != before && !healthy());
  });
  return healthy() ? Result<void>{} : Result<void>(fault_);
}

Result<void> SqlStore::close() {
  if (!thread_.joinable()) return {};
  auto done = flush();
  {
    std::lock_guard lock(m_);
    stop_ = true;
  }
  work_.notify_one();
  drained_.notify_all();
  thread_.join();
  writer_.reset();
  release(locks_);
  locks_.clear();
  return done;
}

Error SqlStore::fault() const {
  std::lock_guard lock(m_);
  return healthy() ? Error{} : fault_;
}

std::size_t SqlStore::queued() const {
  std::lock_guard lock(m_);
  return queue_.size();
}

// The first failure and the first success after it: what lies between is the same news again.
void SqlStore::tell(const Result<void>& done, bool& failing) {
  if (!done) failed_writes_.fetch_add(1, std::memory_order_relaxed);
  if (done.ok() != failing) return;
  failing = !done;
  if (failing) outages_.fetch_add(1, std::memory_order_relaxed);
  if (failing && on_failing_) on_failing_(done.error());
  if (!failing && on_healed_) on_healed_();
}

void SqlStore::run() {
  bool failing = false;
  std::vector<core::Record> batch;
  std::vector<FeatureNames> names;
  std::unique_lock lock(m_);
  for (;;) {
    if (batch.empty() && names.empty()) {
      work_.wait(lock, [this] { return stop_ || !queue_.empty() || !names_.empty(); });
      if (queue_.empty() && names_.empty()) return;
      // A moment more makes one transaction of many: each commit writes every page it touched.
      work_.wait_for(lock, gather, [this] { return stop_ || hurry_ || queue_.size() >= limit_ / 2; });
      batch.swap(queue_);
      names.swap(names_);
    } else {
      // The last write failed: what was taken is still here.
      work_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_ || hurry_; });
      if (stop_) {
        dropped_.fetch_add(batch.size() + queue_.size(), std::memory_order_relaxed);
        return;
      }
    }
    hurry_ = false;
    busy_ = true;
    drained_.notify_all();
    lock.unlock();
    auto done = held_.load(std::memory_order_acquire)
                    ? Result<void>(Error{"STORE_FULL", "the disk is full, and what room the journal's ballast gave is for exits: it is kept, and stored later"})
                    : writer_->write(names, batch);
    tell(done, failing);
    if (done) {
      for (const core::Record& r : batch) written_[r.index()].fetch_add(1, std::memory_order_relaxed);
      batch.clear();
      names.clear();
    }
    lock.lock();
    busy_ = !done;  // a batch that failed is still held here: flush() must not take it for written
    ++tries_;
    if (!done) fault_ = done.error();
    healthy_.store(done.ok(), std::memory_order_release);
    drained_.notify_all();
  }
}

}  // namespace bowline::store
