import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.js";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/page.css";
import "./styles/charts.css";
import "./styles/logs.css";
import "./styles/releases.css";
import "./styles/held.css";
import "./styles/narrow.css";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
