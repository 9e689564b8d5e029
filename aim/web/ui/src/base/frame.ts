// What of the frame is open.

import { create } from 'zustand'

export const useFrame = create<{ readonly help: boolean; readonly palette: boolean }>(() => ({
  help: false,
  palette: false,
}))
