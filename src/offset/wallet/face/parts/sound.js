// A short sound for a till that was paid: two notes, made here, so that no file is loaded.

export function ring() {
  try {
    const audio = new AudioContext();
    [659.3, 987.8].forEach((pitch, number) => {
      const start = audio.currentTime + number * 0.12;
      const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.18, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.5);
    });
    setTimeout(() => audio.close(), 1500);
  } catch {
    // A browser without sound shows PAID all the same.
  }
}
