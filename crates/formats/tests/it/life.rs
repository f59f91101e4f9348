//! LIFE (科学的介護情報システム) CSV interfaces.
