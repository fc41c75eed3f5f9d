// Several candle files as one stream in time order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bar_file.hpp"

namespace bowline::feed_replay {

/// Merges files by bar time; bars of one time come in ascending instrument order. All files share one
/// interval, so the order of opens is the order of closes. A fault in one file is reported after the bars of
/// the time being handed out are complete: what was read before the fault stays, and no later bar of another
/// file overtakes it.
class Merge {
 public:
  /// Adds a file; call in ascending order of `instrument`, before the first peek().
  void add(std::uint32_t instrument, std::unique_ptr<BarFile> file) {
    heads_.push_back({instrument, std::move(file)});
  }

  /// `bar`: instrument() and row() are the next bar, until pop(). `failed`: error() is why; it stays failed.
  BarFile::Next peek() {
    if (ready_) return BarFile::Next::bar;
    if (!begun_) {
      begun_ = true;
      for (Head& h : heads_) advance(h);
      at_ = heads_.size();
    }
    for (;;) {
      for (; at_ < heads_.size(); ++at_)
        if (heads_[at_].live && heads_[at_].file->row().time_s == time_s_) {
          ready_ = true;
          return BarFile::Next::bar;
        }
      if (failed_ != nullptr) return BarFile::Next::failed;
      bool any = false;
      for (const Head& h : heads_)
        if (h.live && (!any || h.file->row().time_s < time_s_)) {
          any = true;
          time_s_ = h.file->row().time_s;
        }
      if (!any) return BarFile::Next::end;
      at_ = 0;
    }
  }
  std::uint32_t instrument() const noexcept { return heads_[at_].instrument; }
  const Row& row() const noexcept { return heads_[at_].file->row(); }
  /// Takes the bar that peek() showed.
  void pop() {
    ready_ = false;
    advance(heads_[at_++]);
  }
  const Error& error() const noexcept { return failed_->error(); }

  /// One file of the merge, for the summary at the end.
  std::size_t size() const noexcept { return heads_.size(); }
  const BarFile& file(std::size_t i) const noexcept { return *heads_[i].file; }

 private:
  struct Head {
    std::uint32_t instrument;
    std::unique_ptr<BarFile> file;
    bool live = true;
  };
  void advance(Head& h) {
    const BarFile::Next n = h.file->next();
    h.live = n == BarFile::Next::bar;
    if (n == BarFile::Next::failed && failed_ == nullptr) failed_ = h.file.get();
  }

  std::vector<Head> heads_;
  std::size_t at_ = 0;
  std::int64_t time_s_ = 0;
  bool begun_ = false, ready_ = false;
  const BarFile* failed_ = nullptr;
};

}  // namespace bowline::feed_replay
